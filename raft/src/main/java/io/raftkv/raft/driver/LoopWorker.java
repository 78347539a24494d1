package io.raftkv.raft.driver;

import io.raftkv.raft.EventLoop;
import io.raftkv.raft.ReplicaId;
import io.raftkv.raft.core.GroupWrite;
import io.raftkv.raft.core.Message;
import io.raftkv.raft.core.Message.Envelope;
import io.raftkv.raft.log.SharedLog;
import io.raftkv.raft.transport.FrameCodec;
import io.raftkv.raft.transport.Lane;
import io.raftkv.raft.transport.Transport;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * The groups of one event loop, and their turns. In a turn every group that has something to do decides; then the disk and
 * the network get what all of them want, in one log record and one frame per peer and lane; then committed entries are applied.
 * Disk and network come first as they work on while this thread applies.
 *
 * <p>Threads: the loop.
 */
final class LoopWorker {
    /** Messages above this size in one turn are spread over several frames. */
    private static final int MAX_FRAME_BYTES = 4 << 20;

    private record Mark(GroupRunner group, long sequence) {}

    private static final class Outgoing {
        final Lane lane;
        List<Envelope> envelopes = new ArrayList<>();
        int bytes;

        Outgoing(Lane lane) {
            this.lane = lane;
        }
    }

    private final EventLoop loop;
    private final SharedLog log;
    private final Transport transport;
    private final long maxPeerQueueBytes;
    private final EntryCaches caches;
    private final LogTrim trim;
    private final ArrayDeque<GroupRunner> ready = new ArrayDeque<>();
    private final Map<Long, Outgoing> control = new TreeMap<>();
    private final Map<Long, Outgoing> bulk = new TreeMap<>();
    private List<GroupWrite> writes = new ArrayList<>();
    private List<Mark> marks = new ArrayList<>();
    private Set<Long> congested = Set.of();
    private boolean turnIsDue;

    LoopWorker(
            EventLoop loop,
            SharedLog log,
            Transport transport,
            long maxPeerQueueBytes,
            EntryCaches caches,
            LogTrim trim) {
        this.maxPeerQueueBytes = maxPeerQueueBytes;
        this.caches = caches;
        this.trim = trim;
        this.loop = loop;
        this.log = log;
        this.transport = transport;
    }

    EventLoop loop() {
        return loop;
    }

    /** Gives {@code group} a part in the next turn. Threads: the loop. */
    void ready(GroupRunner group) {
        if (!group.isReadyForTurn) {
            group.isReadyForTurn = true;
            ready.add(group);
        }
        planTurn();
    }

    private void planTurn() {
        if (!turnIsDue) {
            turnIsDue = true;
            loop.execute(this::turn);
        }
    }

    private void turn() {
        turnIsDue = false;
        findCongested();
        List<GroupRunner> groups = new ArrayList<>(ready);
        ready.clear();
        for (GroupRunner group : groups) {
            group.isReadyForTurn = false;
            group.decide();
        }
        write();
        trim.look();
        sendAll();
        for (GroupRunner group : groups) {
            group.apply();
            if (!group.isClosed()) {
                caches.used(group.core());
            }
        }
        caches.shrink();
    }

    /** The memory that its entries take is free. Threads: the loop. */
    void closed(GroupRunner group) {
        caches.closed(group.core());
    }

    /** Once a turn, for all groups. */
    private void findCongested() {
        congested = Set.of();
        for (long server : control.keySet()) {
            if (transport.queuedBytes(server) > maxPeerQueueBytes) {
                if (congested.isEmpty()) {
                    congested = new TreeSet<>();
                }
                congested.add(server);
            }
        }
    }

    /** The servers for which too much waits to send them entries. */
    Set<Long> congested() {
        return congested;
    }

    void send(long groupId, ReplicaId from, ReplicaId to, Message message) {
        Lane lane = message instanceof Message.InstallSnapshot ? Lane.BULK : Lane.CONTROL;
        Outgoing toServer =
                (lane == Lane.BULK ? bulk : control).computeIfAbsent(to.server(), server -> new Outgoing(lane));
        int bytes = FrameCodec.bytes(message);
        if (toServer.bytes > 0 && toServer.bytes + bytes > MAX_FRAME_BYTES) {
            flush(to.server(), toServer);
        }
        toServer.envelopes.add(new Envelope(groupId, from, to, message));
        toServer.bytes += bytes;
    }

    /** Answers a message to a replica that is no more. Threads: the loop. */
    void answerFor(Envelope received, Message answer) {
        send(received.groupId(), received.to(), received.from(), answer);
        planTurn();
    }

    void persist(GroupRunner group, long sequence, GroupWrite write) {
        writes.add(write);
        marks.add(new Mark(group, sequence));
    }

    private void write() {
        if (writes.isEmpty()) {
            return;
        }
        List<Mark> durable = marks;
        log.append(
                writes,
                () -> loop.execute(() -> durable.forEach(mark -> mark.group().persisted(mark.sequence()))));
        writes = new ArrayList<>();
        marks = new ArrayList<>();
    }

    private void sendAll() {
        control.forEach(this::flushIfAny);
        bulk.forEach(this::flushIfAny);
    }

    private void flushIfAny(long server, Outgoing toServer) {
        if (toServer.bytes > 0) {
            flush(server, toServer);
        }
    }

    private void flush(long server, Outgoing toServer) {
        transport.send(server, toServer.lane, FrameCodec.encode(toServer.envelopes));
        toServer.envelopes = new ArrayList<>();
        toServer.bytes = 0;
    }
}
