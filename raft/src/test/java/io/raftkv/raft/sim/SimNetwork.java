package io.raftkv.raft.sim;

import io.raftkv.raft.transport.Lane;
import io.raftkv.raft.transport.Transport;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongPredicate;
import java.util.function.Predicate;
import java.util.zip.CRC32C;

/**
 * The links between the servers, one per direction. A link delays; it may lose, repeat or reorder frames, be reset (what
 * is under way is lost) or be cut.
 */
final class SimNetwork {
    private final SimWorld world;
    private final int servers;
    private final Link[][] links;
    private final Endpoint[] endpoints;
    private final FrameListener listener;
    private double delayNanos;
    private double bulkDelayNanos;
    private boolean reorders;
    private double loss;
    private double repeats;
    private Predicate<ByteBuffer> lost = frame -> false;

    /** Sees every frame that a server sends, before the network does anything to it. */
    interface FrameListener {
        void sent(long from, long to, ByteBuffer frame);
    }

    SimNetwork(SimWorld world, int servers, FrameListener listener) {
        this.world = world;
        this.servers = servers;
        this.listener = listener;
        this.links = new Link[servers + 1][servers + 1];
        this.endpoints = new Endpoint[servers + 1];
        for (int from = 1; from <= servers; from++) {
            for (int to = 1; to <= servers; to++) {
                links[from][to] = new Link();
            }
        }
    }

    /**
     * @param delayNanos the mean of a frame's time under way
     * @param bulkDelayNanos likewise of a piece of a snapshot
     */
    void behave(double delayNanos, double bulkDelayNanos, boolean reorders) {
        this.delayNanos = delayNanos;
        this.bulkDelayNanos = bulkDelayNanos;
        this.reorders = reorders;
    }

    void misbehave(double loss, double repeats) {
        this.loss = loss;
        this.repeats = repeats;
    }

    /** From now on all frames of which {@code such} holds are lost. */
    void lose(Predicate<ByteBuffer> such) {
        lost = such;
    }

    Transport attach(SimProcess process, int server) {
        Endpoint endpoint = new Endpoint(process, server);
        endpoints[server] = endpoint;
        return endpoint;
    }

    void cut(int from, int to) {
        links[from][to].cut = true;
    }

    void cutBoth(int one, int other) {
        cut(one, other);
        cut(other, one);
    }

    /** Cuts a server off from all others. */
    void isolate(int server) {
        for (int other = 1; other <= servers; other++) {
            if (other != server) {
                cutBoth(server, other);
            }
        }
    }

    /** What is sent until {@code nanos} arrives then, as from a connection that hangs and recovers. */
    void clog(int from, int to, long nanos) {
        links[from][to].cloggedUntil = nanos;
    }

    void heal(int from, int to) {
        links[from][to].cut = false;
    }

    void healBoth(int one, int other) {
        heal(one, other);
        heal(other, one);
    }

    void healAll() {
        for (int from = 1; from <= servers; from++) {
            for (int to = 1; to <= servers; to++) {
                heal(from, to);
                clog(from, to, 0);
            }
        }
        misbehave(0, 0);
        lose(frame -> false);
    }

    /** Loses what is under way on both directions of a connection and tells both ends. */
    void reset(int one, int other) {
        links[one][other].epoch++;
        links[other][one].epoch++;
        tellBroken(one, other);
        tellBroken(other, one);
    }

    void resetAll(int server) {
        for (int other = 1; other <= servers; other++) {
            if (other != server) {
                reset(server, other);
            }
        }
    }

    private void tellBroken(int server, int peer) {
        Endpoint endpoint = endpoints[server];
        if (endpoint != null) {
            world.after(world.exponential(delayNanos), () -> endpoint.linkChanged(peer, false));
        }
    }

    private void send(int from, int to, Lane lane, ByteBuffer frame) {
        byte[] bytes = new byte[frame.remaining()];
        frame.get(bytes);
        CRC32C crc = new CRC32C();
        crc.update(bytes, 0, bytes.length);
        world.mix(from * 31L + to);
        world.mix(crc.getValue());
        listener.sent(from, to, ByteBuffer.wrap(bytes));
        Link link = links[from][to];
        if (link.cut || world.chance(loss) || lost.test(ByteBuffer.wrap(bytes))) {
            return;
        }
        deliverLater(link, lane, from, to, bytes);
        if (world.chance(repeats)) {
            deliverLater(link, lane, from, to, bytes);
        }
    }

    private void deliverLater(Link link, Lane lane, int from, int to, byte[] bytes) {
        double mean = lane == Lane.BULK ? bulkDelayNanos : delayNanos;
        long arrival = Math.max(world.nowNanos(), link.cloggedUntil) + world.exponential(mean);
        if (!reorders) {
            arrival = Math.max(arrival, link.lastArrival[lane.ordinal()]);
            link.lastArrival[lane.ordinal()] = arrival;
        }
        long epoch = link.epoch;
        link.bytesUnderWay += bytes.length;
        world.at(arrival, null, () -> {
            link.bytesUnderWay -= bytes.length;
            Endpoint endpoint = endpoints[to];
            if (link.epoch == epoch && !link.cut && endpoint != null) {
                endpoint.deliver(from, bytes);
            }
        });
    }

    /** The pairs (a, b) of servers, a before b, of which {@code first} holds for exactly one. */
    List<int[]> pairsAcross(LongPredicate first) {
        List<int[]> pairs = new ArrayList<>();
        for (int a = 1; a <= servers; a++) {
            for (int b = a + 1; b <= servers; b++) {
                if (first.test(a) != first.test(b)) {
                    pairs.add(new int[] {a, b});
                }
            }
        }
        return pairs;
    }

    private static final class Link {
        private boolean cut;
        private long epoch;
        private long cloggedUntil;
        /** By lane: there is no order between them. */
        private final long[] lastArrival = new long[Lane.values().length];

        private long bytesUnderWay;
    }

    /** The transport of one life of one server. */
    private final class Endpoint implements Transport {
        private final SimProcess process;
        private final int server;
        private Receiver receiver;

        Endpoint(SimProcess process, int server) {
            this.process = process;
            this.server = server;
        }

        @Override
        public void start(Receiver receiver) {
            this.receiver = receiver;
        }

        @Override
        public void send(long peer, Lane lane, ByteBuffer frame) {
            if (process.alive()) {
                SimNetwork.this.send(server, (int) peer, lane, frame);
            }
        }

        @Override
        public long queuedBytes(long peer) {
            return links[server][(int) peer].bytesUnderWay;
        }

        void deliver(int from, byte[] bytes) {
            onArrival(() -> receiver.received(from, ByteBuffer.wrap(bytes.clone())));
        }

        void linkChanged(int peer, boolean up) {
            onArrival(() -> receiver.linkChanged(peer, up));
        }

        private void onArrival(Runnable task) {
            if (!process.alive() || receiver == null) {
                return;
            }
            if (process.pausedUntil() > world.nowNanos()) {
                // A paused process reads its mail when it wakes up.
                world.at(world.nowNanos(), process, task);
            } else {
                task.run();
            }
        }

        @Override
        public void close() {
            receiver = null;
        }
    }
}
