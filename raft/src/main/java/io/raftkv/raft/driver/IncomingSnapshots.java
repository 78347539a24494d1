package io.raftkv.raft.driver;

import io.raftkv.raft.ReplicaId;
import io.raftkv.raft.core.Message;
import io.raftkv.raft.core.Message.InstallSnapshot;
import io.raftkv.raft.core.SnapshotMeta;
import io.raftkv.raft.snapshot.IncomingSnapshot;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Receives the snapshot that a leader sends to this replica, one at a time (Raft §5.3), see {@link OutgoingSnapshots} for
 * what is said. What was received of the same file before a restart, or from another leader, is gone on with. Another file
 * takes its place if it comes from a later leader, or from the same one and is newer; an older one is late and of no use.
 *
 * <p>Threads: the group's loop; the file is touched by the background executor only.
 */
final class IncomingSnapshots {
    private static final Logger LOG = LoggerFactory.getLogger(IncomingSnapshots.class);

    /** What a file is: two of one index need not be equal, as each server writes its own. */
    private record File(SnapshotMeta meta, long totalBytes, int checksum) {
        static File of(InstallSnapshot chunk) {
            return new File(chunk.meta(), chunk.totalBytes(), chunk.checksum());
        }
    }

    private record Chunk(ReplicaId from, InstallSnapshot message) {}

    /** @param openedAt how much of the file was there when it was opened now, -1 if it was open */
    private record Stored(long received, long openedAt) {}

    private final GroupRunner group;
    private @Nullable File file;
    private long leaderTerm;
    private List<Chunk> arrived = new ArrayList<>();
    private long arrivedBytes;
    private boolean storing;
    private boolean installing;

    /** Background. */
    private @Nullable IncomingSnapshot open;

    private @Nullable File opened;

    IncomingSnapshots(GroupRunner group) {
        this.group = group;
    }

    /** How much may be under way beyond what is held. */
    private long window() {
        return (long) group.node().options().snapshots().windowChunks()
                * group.options().snapshotChunkBytes();
    }

    void take(ReplicaId from, InstallSnapshot message) {
        File wanted = File.of(message);
        File current = file;
        if (installing) {
            // It may take long; the leader must not think that nobody is there.
            answer(from, message, wanted.equals(current) ? message.totalBytes() : 0, wanted.equals(current) ? 1 : 0);
            return;
        }
        boolean same = wanted.equals(current);
        if (current != null
                && !same
                && message.term() <= leaderTerm
                && message.meta().index() <= current.meta().index()) {
            return;
        }
        long now = group.loop().nowNanos();
        if (!group.node().incomingTurns().enter(group.id(), now)) {
            answer(from, message, 0, 0);
            return;
        }
        group.node().incomingTurns().use(group.id(), now);
        if (arrivedBytes + message.chunk().length() > 2 * window() && !arrived.isEmpty()) {
            // More than was asked for; whoever sent it will ask what arrived.
            return;
        }
        file = wanted;
        leaderTerm = message.term();
        arrived.add(new Chunk(from, message));
        arrivedBytes += message.chunk().length();
        if (!storing) {
            store();
        }
    }

    private void answer(ReplicaId to, InstallSnapshot about, long received, long window) {
        group.send(to, new Message.SnapshotResponse(about.term(), about.meta().index(), received, window));
    }

    private void store() {
        storing = true;
        List<Chunk> batch = arrived;
        arrived = new ArrayList<>();
        arrivedBytes = 0;
        Chunk last = batch.get(batch.size() - 1);
        group.inBackground(
                () -> store(batch),
                stored -> {
                    storing = false;
                    stored(last, stored);
                },
                failure -> {
                    storing = false;
                    failed(last, failure);
                });
    }

    /** Background. */
    private Stored store(List<Chunk> batch) throws IOException {
        Stored result = new Stored(0, -1);
        for (Chunk chunk : batch) {
            result = store(chunk.message(), result.openedAt());
        }
        return result;
    }

    /** Background: appends the chunk if it fits. */
    private Stored store(InstallSnapshot chunk, long openedBefore) throws IOException {
        IncomingSnapshot target = open;
        long openedAt = openedBefore;
        if (target == null || !File.of(chunk).equals(opened)) {
            if (target != null) {
                open = null;
                target.abort();
            }
            target = group.node().snapshots().receive(group.id(), chunk.meta(), chunk.totalBytes(), chunk.checksum());
            open = target;
            opened = File.of(chunk);
            openedAt = target.receivedBytes();
        }
        if (chunk.offset() <= target.receivedBytes()) {
            try {
                target.append(chunk.offset(), chunk.chunk().asByteBuffer());
            } catch (IOException e) {
                // What a failed sync left in the cache is not to be gone on with, not even by the next life.
                open = null;
                opened = null;
                abort(target, e);
                throw e;
            }
        }
        return new Stored(target.receivedBytes(), openedAt);
    }

    private static void abort(IncomingSnapshot target, IOException cause) {
        try {
            target.abort();
        } catch (IOException left) {
            cause.addSuppressed(left);
        }
    }

    private void stored(Chunk last, Stored stored) {
        InstallSnapshot message = last.message();
        if (stored.openedAt() >= 0) {
            LOG.info(
                    "group {}: receiving snapshot index={} from byte {} of {} on",
                    group.id(),
                    message.meta().index(),
                    stored.openedAt(),
                    message.totalBytes());
            group.node()
                    .options()
                    .observer()
                    .snapshotReceiving(group.id(), group.self(), message.meta(), stored.openedAt());
        }
        answer(last.from(), message, stored.received(), window());
        if (stored.received() == message.totalBytes() && File.of(message).equals(file)) {
            install(last);
        } else if (!arrived.isEmpty()) {
            store();
        }
    }

    private void failed(Chunk last, Exception failure) {
        LOG.warn("group {}: cannot take a snapshot from {}: {}", group.id(), last.from(), failure.toString());
        group.node().options().observer().dropped("snapshot from " + last.from() + ": " + failure);
        release();
        answer(last.from(), last.message(), -1, 0);
    }

    /** Lets others of the node receive. */
    private void release() {
        file = null;
        arrived = new ArrayList<>();
        arrivedBytes = 0;
        group.node().incomingTurns().leave(group.id());
    }

    private void install(Chunk last) {
        installing = true;
        group.inBackground(
                this::load,
                swap -> {
                    installing = false;
                    release();
                    group.snapshotReceived(last.from(), last.message().meta(), swap);
                },
                failure -> {
                    installing = false;
                    failed(last, failure);
                });
    }

    /**
     * Background. The file gets its name only when the state machine has read it, so that one it cannot read does not stand
     * in the way of the next start.
     */
    private Runnable load() throws IOException {
        IncomingSnapshot complete = open;
        open = null;
        opened = null;
        if (complete == null) {
            throw new IOException("the snapshot is already complete");
        }
        complete.verify();
        Runnable swap;
        try (InputStream state = complete.openState()) {
            swap = group.machine().load(state);
        } catch (IOException | RuntimeException e) {
            complete.abort();
            throw e;
        }
        complete.publish();
        return swap;
    }

    /** Lets go of what is being received; it is continued when the group is opened again. */
    void close() {
        release();
        group.node().options().backgroundExecutor().execute(() -> {
            IncomingSnapshot left = open;
            open = null;
            opened = null;
            if (left != null) {
                try {
                    left.close();
                } catch (IOException e) {
                    LOG.warn("group {}: cannot close a snapshot that was being received", group.id(), e);
                }
            }
        });
    }
}
