package io.raftkv.raft.driver;

import io.raftkv.raft.Bytes;
import io.raftkv.raft.ReplicaId;
import io.raftkv.raft.core.Input;
import io.raftkv.raft.core.Message;
import io.raftkv.raft.core.SnapshotMeta;
import io.raftkv.raft.snapshot.IncomingSnapshot;
import io.raftkv.raft.snapshot.StoredSnapshot;
import java.io.IOException;
import java.io.InputStream;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Moves snapshot files of one group between replicas (Raft §5.3), a chunk at a time: the receiver says how much it holds
 * durably, the sender goes on from there. So a lost chunk, a restart of either side or a second sender need no special
 * case, and nothing is sent twice that arrived.
 *
 * <p>Threads: the group's loop; files are touched by the background executor only.
 */
final class SnapshotTransfers {
    private static final Logger LOG = LoggerFactory.getLogger(SnapshotTransfers.class);

    /** One follower that is being sent a snapshot. */
    private static final class Outgoing {
        final long term;
        final StoredSnapshot snapshot;
        long offset;
        long askedAgainNanos;
        int asked;

        Outgoing(long term, StoredSnapshot snapshot) {
            this.term = term;
            this.snapshot = snapshot;
        }
    }

    /** A chunk without an answer is sent again after this, and the transfer is given up after so many times. */
    private static final long RESEND_NANOS = 1_000_000_000L;

    private static final int MAX_SENDS = 10;

    private final GroupRunner group;
    private final Map<ReplicaId, Outgoing> outgoing = new TreeMap<>();
    private @Nullable IncomingSnapshot incoming;
    private @Nullable SnapshotMeta incomingMeta;
    private boolean chunkUnderWay;

    SnapshotTransfers(GroupRunner group) {
        this.group = group;
    }

    // The leader's side.

    void start(ReplicaId to, long term) {
        Outgoing current = outgoing.get(to);
        if (current != null && current.term == term) {
            return;
        }
        group.inBackground(
                () -> group.node().snapshots().newest(group.id()),
                found -> {
                    if (found.isEmpty()) {
                        group.input(new Input.SnapshotFailed(to));
                        return;
                    }
                    LOG.info(
                            "group {}: sending snapshot index={} ({} bytes) to {}",
                            group.id(),
                            found.get().meta().index(),
                            found.get().totalBytes(),
                            to);
                    Outgoing transfer = new Outgoing(term, found.get());
                    outgoing.put(to, transfer);
                    sendChunk(to, transfer);
                },
                failure -> group.input(new Input.SnapshotFailed(to)));
    }

    private void sendChunk(ReplicaId to, Outgoing transfer) {
        transfer.asked++;
        transfer.askedAgainNanos = group.loop().nowNanos();
        long offset = transfer.offset;
        group.inBackground(
                () -> Bytes.copyOf(
                        transfer.snapshot.readChunk(offset, group.options().snapshotChunkBytes())),
                chunk -> {
                    if (outgoing.get(to) == transfer && transfer.offset == offset) {
                        group.send(
                                to,
                                new Message.InstallSnapshot(
                                        transfer.term,
                                        transfer.snapshot.meta(),
                                        transfer.snapshot.totalBytes(),
                                        offset,
                                        chunk));
                    }
                },
                failure -> fail(to, "cannot read the snapshot: " + failure));
    }

    void answered(ReplicaId from, Message.SnapshotResponse response) {
        Outgoing transfer = outgoing.get(from);
        if (transfer == null || transfer.snapshot.meta().index() != response.snapshotIndex()) {
            return;
        }
        if (response.receivedBytes() < 0) {
            fail(from, "it was refused");
        } else if (response.receivedBytes() != transfer.offset) {
            transfer.offset = response.receivedBytes();
            transfer.asked = 0;
            if (transfer.offset < transfer.snapshot.totalBytes()) {
                sendChunk(from, transfer);
            }
            // Else the follower reads and installs it; its append response ends the transfer, see matched().
        }
    }

    /** Repeats what got lost; called with every beat of the group. */
    void tick(long term) {
        long now = group.loop().nowNanos();
        for (Map.Entry<ReplicaId, Outgoing> entry : new TreeMap<>(outgoing).entrySet()) {
            Outgoing transfer = entry.getValue();
            if (transfer.term != term || !group.leads()) {
                outgoing.remove(entry.getKey());
            } else if (now - transfer.askedAgainNanos >= RESEND_NANOS) {
                if (transfer.asked >= MAX_SENDS) {
                    fail(entry.getKey(), "no answer to " + MAX_SENDS + " sends");
                } else {
                    sendChunk(entry.getKey(), transfer);
                }
            }
        }
    }

    /** The follower agrees at {@code index}: whatever was on its way is no longer needed. */
    void matched(ReplicaId peer, long index) {
        Outgoing transfer = outgoing.get(peer);
        if (transfer != null && index >= transfer.snapshot.meta().index()) {
            outgoing.remove(peer);
        }
    }

    /** The index of the oldest snapshot that is being sent, or the highest number there is. */
    long oldestOnItsWay() {
        return outgoing.values().stream()
                .mapToLong(transfer -> transfer.snapshot.meta().index())
                .min()
                .orElse(Long.MAX_VALUE);
    }

    private void fail(ReplicaId to, String why) {
        if (outgoing.remove(to) != null) {
            LOG.warn("group {}: sending a snapshot to {} failed, will try again: {}", group.id(), to, why);
            group.input(new Input.SnapshotFailed(to));
        }
    }

    // The follower's side.

    void take(ReplicaId from, Message.InstallSnapshot chunk) {
        if (chunkUnderWay) {
            return;
        }
        chunkUnderWay = true;
        group.inBackground(
                () -> store(chunk),
                received -> {
                    chunkUnderWay = false;
                    group.send(
                            from,
                            new Message.SnapshotResponse(
                                    chunk.term(), chunk.meta().index(), received));
                    if (received == chunk.totalBytes()) {
                        complete(from, chunk.meta());
                    }
                },
                failure -> {
                    chunkUnderWay = false;
                    LOG.warn("group {}: cannot take a snapshot from {}: {}", group.id(), from, failure.toString());
                    group.send(
                            from,
                            new Message.SnapshotResponse(
                                    chunk.term(), chunk.meta().index(), -1));
                });
    }

    /** Background: appends the chunk if it fits; returns how much is held. */
    private long store(Message.InstallSnapshot chunk) throws IOException {
        IncomingSnapshot target = incoming;
        if (target == null || !chunk.meta().equals(incomingMeta) || chunk.totalBytes() != target.totalBytes()) {
            if (target != null) {
                target.abort();
            }
            LOG.info(
                    "group {}: installing snapshot index={}",
                    group.id(),
                    chunk.meta().index());
            target = group.node().snapshots().receive(group.id(), chunk.meta(), chunk.totalBytes());
            incoming = target;
            incomingMeta = chunk.meta();
        }
        if (chunk.offset() == target.receivedBytes()) {
            target.append(chunk.offset(), chunk.chunk().asByteBuffer());
        }
        return target.receivedBytes();
    }

    /** Lets go of what is being received; it is continued when the group is opened again. */
    void close() {
        outgoing.clear();
        group.node().options().backgroundExecutor().execute(() -> {
            IncomingSnapshot open = incoming;
            incoming = null;
            incomingMeta = null;
            if (open != null) {
                try {
                    open.close();
                } catch (IOException e) {
                    LOG.warn("group {}: cannot close a snapshot that was being received", group.id(), e);
                }
            }
        });
    }

    private void complete(ReplicaId from, SnapshotMeta meta) {
        chunkUnderWay = true;
        group.inBackground(
                () -> {
                    IncomingSnapshot complete = incoming;
                    incoming = null;
                    incomingMeta = null;
                    if (complete == null) {
                        throw new IOException("the snapshot is already complete");
                    }
                    StoredSnapshot stored = complete.complete();
                    try (InputStream state = stored.openState()) {
                        return group.machine().load(state);
                    }
                },
                swap -> {
                    chunkUnderWay = false;
                    group.snapshotReceived(from, meta, swap);
                },
                failure -> {
                    chunkUnderWay = false;
                    LOG.warn(
                            "group {}: snapshot index={} is not usable: {}",
                            group.id(),
                            meta.index(),
                            failure.toString());
                    group.send(from, new Message.SnapshotResponse(group.term(), meta.index(), -1));
                });
    }
}
