package io.raftkv.raft.driver;

import io.raftkv.raft.EventLoop;
import io.raftkv.raft.transport.FrameCodec;
import io.raftkv.raft.transport.Lane;
import io.raftkv.raft.transport.Transport;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Signs of life between servers, in place of the heartbeats of all groups that sleep. A server gives them to those with
 * which it has such a group, at the pace of heartbeats, and expects them from there. One that is silent for an election
 * time-out, or that came back in another life, is told of, so that the groups which trusted in it wake up.
 *
 * <p>Threads: one loop.
 */
final class PeerLiveness {
    private static final class Peer {
        int sleepers;
        long heardNanos;
        long life;
    }

    private final EventLoop loop;
    private final Transport transport;
    private final long life;
    private final long beatNanos;
    private final long silentNanos;
    private final LongConsumer lost;
    private final SortedMap<Long, Peer> peers = new TreeMap<>();
    private EventLoop.@Nullable Scheduled timer;
    private long timerAt;
    private boolean closed;

    /** @param lost told of servers that were lost; called on the loop */
    PeerLiveness(RaftNodeOptions options, Transport transport, LongConsumer lost) {
        this.loop = options.loops().get(0);
        this.transport = transport;
        // 0 is none.
        this.life = options.seed() | 1;
        this.beatNanos = TimeUnit.MILLISECONDS.toNanos(options.raft().core().heartbeatMs());
        this.silentNanos = TimeUnit.MILLISECONDS.toNanos(options.raft().core().electionMinMs());
        this.lost = lost;
    }

    /** A group that sleeps trusts in these servers. */
    void watch(Collection<Long> servers) {
        for (long server : servers) {
            peers.computeIfAbsent(server, id -> heardNow(new Peer())).sleepers++;
        }
        if (timer == null && !closed && !peers.isEmpty()) {
            arm();
        }
    }

    /** It does so no more. */
    void unwatch(Collection<Long> servers) {
        for (long server : servers) {
            Peer peer = peers.get(server);
            if (peer != null && --peer.sleepers == 0) {
                peers.remove(server);
            }
        }
    }

    private Peer heardNow(Peer peer) {
        peer.heardNanos = loop.nowNanos();
        return peer;
    }

    void heard(long server, long itsLife) {
        Peer peer = peers.get(server);
        if (peer == null) {
            return;
        }
        boolean another = peer.life != 0 && peer.life != itsLife;
        peer.life = itsLife;
        heardNow(peer);
        if (another) {
            lost.accept(server);
        }
    }

    private void arm() {
        timerAt = loop.nowNanos() + beatNanos;
        timer = loop.schedule(beatNanos, this::beat);
    }

    private void beat() {
        timer = null;
        if (closed || peers.isEmpty()) {
            return;
        }
        long now = loop.nowNanos();
        if (now - timerAt > silentNanos / 2) {
            // This loop stood still: what the others said meanwhile still lies in the sockets.
            peers.values().forEach(this::heardNow);
        }
        List<Long> silent = new ArrayList<>();
        peers.forEach((server, peer) -> {
            transport.send(server, Lane.CONTROL, FrameCodec.encodeSignOfLife(life));
            if (now - peer.heardNanos > silentNanos) {
                // Told again if somebody still trusts in it after another time-out.
                heardNow(peer);
                silent.add(server);
            }
        });
        arm();
        silent.forEach(lost::accept);
    }

    /** How many groups trust in some server, counted once for each such server. */
    int sleepers() {
        return peers.values().stream().mapToInt(peer -> peer.sleepers).sum();
    }

    void close() {
        closed = true;
        if (timer != null) {
            timer.cancel();
            timer = null;
        }
    }
}
