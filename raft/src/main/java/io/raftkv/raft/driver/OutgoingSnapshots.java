package io.raftkv.raft.driver;

import io.raftkv.raft.Bytes;
import io.raftkv.raft.ReplicaId;
import io.raftkv.raft.SnapshotProgress;
import io.raftkv.raft.core.Input;
import io.raftkv.raft.core.Message;
import io.raftkv.raft.snapshot.StoredSnapshot;
import java.util.Collections;
import java.util.Map;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sends the snapshots of one group to followers that need entries which are gone (Raft §5.3).
 *
 * <pre>
 * ask (an empty chunk)        -> how much the receiver holds, and how much beyond that may be under way; 0: not its turn yet
 * chunks, as far as that goes -> the same, after each
 * </pre>
 *
 * The receiver's word alone says where to go on, so a lost chunk, a broken link, a restart of either side or another leader
 * with the same file need no special case, and nothing is sent twice that arrived. The file is kept while it is sent; a
 * receiver that says nothing for {@link #LEASE_NANOS} loses it.
 *
 * <p>Threads: the group's loop; files are read by the background executor.
 */
final class OutgoingSnapshots {
    private static final Logger LOG = LoggerFactory.getLogger(OutgoingSnapshots.class);

    private static final long ASK_AGAIN_NANOS = TimeUnit.MILLISECONDS.toNanos(500);
    private static final long LEASE_NANOS = TimeUnit.SECONDS.toNanos(60);

    /** Who wants a turn of the node. */
    private record Way(long group, ReplicaId to) {}

    /** One follower that is being sent a snapshot. */
    private static final class Transfer {
        final ReplicaId to;
        final long term;
        final StoredSnapshot snapshot;
        /** What the receiver holds, what was sent, and where to stop for now: held &lt;= sent &lt;= limit. */
        long held;

        long sent;
        long limit;
        /** Where sending began again because a chunk seemed lost; once for each place. */
        long repeatedFrom = -1;

        long heardNanos;
        long askedNanos;
        /** A chunk is being read, or waits until the throttle lets it go. */
        boolean busy;

        Transfer(ReplicaId to, long term, StoredSnapshot snapshot, long nowNanos) {
            this.to = to;
            this.term = term;
            this.snapshot = snapshot;
            this.heardNanos = nowNanos;
            this.askedNanos = nowNanos - ASK_AGAIN_NANOS;
        }
    }

    private final GroupRunner group;
    private final Map<ReplicaId, Transfer> transfers = new TreeMap<>();

    OutgoingSnapshots(GroupRunner group) {
        this.group = group;
    }

    void start(ReplicaId to, long term) {
        Transfer current = transfers.get(to);
        if (current != null && current.term == term) {
            return;
        }
        group.inBackground(
                () -> group.node().snapshots().newest(group.id()),
                found -> found.ifPresentOrElse(
                        snapshot -> begin(to, term, snapshot), () -> group.input(new Input.SnapshotFailed(to))),
                failure -> {
                    LOG.warn("group {}: cannot read its snapshot", group.id(), failure);
                    group.input(new Input.SnapshotFailed(to));
                });
    }

    private void begin(ReplicaId to, long term, StoredSnapshot snapshot) {
        LOG.info("group {}: sending {} to {}", group.id(), snapshot, to);
        Transfer transfer = new Transfer(to, term, snapshot, now());
        transfers.put(to, transfer);
        group.input(new Input.SnapshotSending(to, snapshot.meta().index(), snapshot.totalBytes()));
        ask(transfer);
    }

    private long now() {
        return group.loop().nowNanos();
    }

    private Way way(Transfer transfer) {
        return new Way(group.id(), transfer.to);
    }

    private boolean hasTurn(Transfer transfer) {
        return group.node().outgoingTurns().enter(way(transfer), now());
    }

    private void ask(Transfer transfer) {
        if (hasTurn(transfer)) {
            transfer.askedNanos = now();
            send(transfer, transfer.held, Bytes.EMPTY);
        } else {
            // It is not the receiver who keeps us waiting.
            transfer.heardNanos = now();
        }
    }

    private void send(Transfer transfer, long offset, Bytes chunk) {
        if (!group.leads() || group.term() != transfer.term) {
            // It waited for its turn at the disk or the throttle, and this replica was deposed meanwhile.
            return;
        }
        StoredSnapshot snapshot = transfer.snapshot;
        group.send(
                transfer.to,
                new Message.InstallSnapshot(
                        transfer.term, snapshot.meta(), snapshot.totalBytes(), snapshot.checksum(), offset, chunk));
    }

    /** Sends the next chunk if the receiver wants one, the node has a turn, and the throttle lets it go. */
    private void sendOn(Transfer transfer) {
        if (transfer.busy || transfer.sent >= transfer.limit || !hasTurn(transfer)) {
            return;
        }
        transfer.busy = true;
        long offset = transfer.sent;
        int length = (int) Math.min(group.options().snapshotChunkBytes(), transfer.limit - offset);
        group.node().throttle().run(length, group.loop(), () -> read(transfer, offset, length));
    }

    private void read(Transfer transfer, long offset, int length) {
        group.inBackground(
                () -> Bytes.copyOf(transfer.snapshot.readChunk(offset, length)),
                chunk -> {
                    transfer.busy = false;
                    if (isCurrent(transfer)) {
                        if (transfer.sent == offset) {
                            transfer.sent += chunk.length();
                            send(transfer, offset, chunk);
                        }
                        sendOn(transfer);
                    }
                },
                failure -> fail(transfer, "it cannot be read: " + failure));
    }

    private boolean isCurrent(Transfer transfer) {
        return Objects.equals(transfers.get(transfer.to), transfer);
    }

    /** Takes out of a message, before the core gets it, what it tells of a transfer. */
    void hear(ReplicaId from, Message received) {
        if (received.term() != group.term()) {
            // A late one tells nothing of the transfers of this term: the core refuses it too.
            return;
        }
        Message message = received instanceof Message.RecoveringResponse marked ? marked.answer() : received;
        if (message instanceof Message.SnapshotResponse response) {
            answered(from, response);
        } else if (message instanceof Message.AppendResponse response && response.success()) {
            matched(from, response.index());
        }
    }

    private void answered(ReplicaId from, Message.SnapshotResponse response) {
        Transfer transfer = transfers.get(from);
        if (transfer == null || transfer.snapshot.meta().index() != response.snapshotIndex()) {
            return;
        }
        long total = transfer.snapshot.totalBytes();
        if (response.receivedBytes() < 0 || response.receivedBytes() > total || response.windowBytes() < 0) {
            fail(transfer, "it was refused");
            return;
        }
        transfer.heardNanos = now();
        group.node().outgoingTurns().use(way(transfer), now());
        if (response.windowBytes() == 0) {
            // The receiver takes another one first; meanwhile our turn is of more use to somebody else.
            transfer.limit = transfer.held;
            transfer.sent = transfer.held;
            group.node().outgoingTurns().leave(way(transfer));
            return;
        }
        received(transfer, response.receivedBytes());
        transfer.limit = Math.min(total, transfer.held + Math.min(response.windowBytes(), total));
        sendOn(transfer);
        // Once all of it is there the follower reads and installs it; its append response ends the transfer, see
        // matched().
    }

    private static void received(Transfer transfer, long bytes) {
        if (bytes > transfer.held) {
            transfer.sent = Math.max(transfer.sent, bytes);
        } else if (bytes < transfer.held) {
            // It started again, and lost what was not durable.
            transfer.sent = bytes;
        } else if (transfer.sent > bytes && transfer.repeatedFrom != bytes) {
            // Said twice: what follows arrived, but not the chunk that belongs here.
            transfer.repeatedFrom = bytes;
            transfer.sent = bytes;
        }
        transfer.held = bytes;
    }

    /** Ends what is no longer wanted, and repeats what got lost; called with every beat of the group. */
    void tick(long term) {
        long now = now();
        for (Transfer transfer : new TreeMap<>(transfers).values()) {
            if (transfer.term != term || !group.core().isSendingSnapshotTo(transfer.to)) {
                end(transfer);
            } else if (now - transfer.heardNanos > LEASE_NANOS) {
                fail(transfer, "no answer for " + TimeUnit.NANOSECONDS.toSeconds(LEASE_NANOS) + " s");
            } else if (now - Math.max(transfer.heardNanos, transfer.askedNanos) >= ASK_AGAIN_NANOS) {
                askAgain(transfer);
            }
        }
    }

    private void askAgain(Transfer transfer) {
        if (transfer.held == 0
                && group.core().snapshot().index() > transfer.snapshot.meta().index()) {
            // Nobody was there to take it, and there is a newer one by now.
            end(transfer);
            start(transfer.to, transfer.term);
            return;
        }
        if (!transfer.busy) {
            transfer.sent = transfer.held;
            transfer.limit = transfer.held;
        }
        ask(transfer);
    }

    /** The follower agrees at {@code index}: whatever was on its way is no longer needed. */
    private void matched(ReplicaId peer, long index) {
        Transfer transfer = transfers.get(peer);
        if (transfer != null && index >= transfer.snapshot.meta().index()) {
            end(transfer);
        }
    }

    /** The index of the oldest snapshot that is being sent, or the highest number there is. */
    long oldest() {
        return transfers.values().stream()
                .mapToLong(transfer -> transfer.snapshot.meta().index())
                .min()
                .orElse(Long.MAX_VALUE);
    }

    SortedMap<ReplicaId, SnapshotProgress> progress() {
        if (transfers.isEmpty()) {
            return Collections.emptySortedMap();
        }
        SortedMap<ReplicaId, SnapshotProgress> progress = new TreeMap<>();
        transfers.forEach((to, transfer) ->
                progress.put(to, new SnapshotProgress(transfer.held, transfer.snapshot.totalBytes())));
        return progress;
    }

    private void end(@Nullable Transfer transfer) {
        if (transfer != null && transfers.remove(transfer.to, transfer)) {
            group.node().outgoingTurns().leave(way(transfer));
            group.snapshotNoLongerSent();
        }
    }

    private void fail(Transfer transfer, String why) {
        if (isCurrent(transfer)) {
            LOG.warn("group {}: sending a snapshot to {} failed, will try again: {}", group.id(), transfer.to, why);
            end(transfer);
            group.input(new Input.SnapshotFailed(transfer.to));
        }
    }

    void close() {
        transfers.values().forEach(transfer -> group.node().outgoingTurns().leave(way(transfer)));
        transfers.clear();
    }
}
