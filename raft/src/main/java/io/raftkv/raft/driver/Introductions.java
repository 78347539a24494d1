package io.raftkv.raft.driver;

import io.raftkv.raft.EventLoop;
import io.raftkv.raft.log.Disk;
import io.raftkv.raft.log.LogException;
import io.raftkv.raft.transport.FrameCodec;
import io.raftkv.raft.transport.FrameCodec.BadFrameException;
import io.raftkv.raft.transport.Introduction;
import io.raftkv.raft.transport.Introduction.Life;
import io.raftkv.raft.transport.Lane;
import io.raftkv.raft.transport.Transport;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sees to it that nothing a server says counts before its peer knows in which life it says it, so that an older copy of a data
 * folder is recognised (docs/recovery.md). It stands between the node and its transport.
 *
 * <p>Each life of a server has a number of its own, which is on its disk before the server says anything. Whoever meets a
 * life writes that down, durably, before it takes a message of it, and takes none of a life that does not follow on the last
 * one it met. In place of that it tells that last one. A server that does not remember it has forgotten what it promised in
 * it: its replicas neither vote nor count until they have recovered from their peers. If the folder is not that of the server
 * at all it stops, unless it {@linkplain RaftNodeOptions#replacesLostFolder takes the place} of one that is lost.
 *
 * <p>A life is cut into stretches, a new one every {@link RaftOptions#lifeStretchMs} in which something was written. So a
 * copy that was made in the same life is recognised too, if it was made a stretch ago.
 *
 * <pre>
 * A: HELLO life, before ->   B: met nobody, or A in this life, or in the one before: writes it down, WELCOME
 *                            B: met another life of A: KNOWN that one
 * A remembers it: HELLO life, that one -> ...       A does not: it has forgotten something
 * </pre>
 *
 * <p>Frames carry a tag of the life in which they were sent; those that are not welcome are dropped, which Raft repairs. A
 * release that does not introduce itself sends no tag, and is heard as before.
 *
 * <p>Threads: the first loop of the node, except what is said otherwise.
 */
final class Introductions implements Transport, Transport.Receiver {
    private static final Logger LOG = LoggerFactory.getLogger(Introductions.class);
    private static final long FIRST_PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(100);
    private static final long LONGEST_PAUSE_NANOS = TimeUnit.SECONDS.toNanos(5);
    /** Kept while the life in which they were sent is written down. */
    private static final int MOST_WAITING = 64;

    /** What the node has to do if the folder has forgotten something. */
    interface Forgetting {
        /** No replica promises anything from now on; then, durably, marks them all and runs {@code marked} on the first loop. */
        void forget(String why, Runnable marked);

        /** Whether the folder knows already that it lacks what this server promised, perhaps in another folder. */
        boolean knowsThatItForgot();
    }

    private static final class Peer {
        /** The last life of this server that the peer takes frames of. */
        volatile Life welcomed = Life.NONE;

        volatile boolean isWelcome;
        /** A release that does not introduce itself. */
        volatile boolean isOfOldRelease;
        /** What was met of it last, durably; then the stretch before, of which frames may be under way. */
        volatile Lives.@Nullable Met met;

        volatile Life metBefore = Life.NONE;

        /** Of this server, as the peer told. */
        Life before = Life.NONE;

        boolean isInTouch;
        long notBeforeNanos;
        long pauseNanos;
        long notToldBeforeNanos;
        boolean isWritten = true;
        final ArrayDeque<ByteBuffer> waiting = new ArrayDeque<>();

        Peer(long nowNanos) {
            notBeforeNanos = nowNanos;
            notToldBeforeNanos = nowNanos;
        }

        boolean takes(int tag) {
            Lives.Met last = met;
            return last != null
                    && (tag == last.life().tag()
                            || (metBefore.number() == last.life().number() && tag == metBefore.tag()));
        }
    }

    private final RaftNodeOptions options;
    private final Transport transport;
    private final EventLoop loop;
    private final Forgetting node;
    private final Consumer<Throwable> failed;
    private final SplittableRandom random;
    private final Map<Long, Peer> peers = new ConcurrentHashMap<>();
    private volatile @Nullable Receiver receiver;
    /** What is on the disk, or is being written. */
    private Lives lives;
    /** The present life as it is on the disk. */
    private volatile Life life;

    private boolean forgetting;
    private boolean closed;
    /** Held while it is written to. */
    private final Disk disk;

    private boolean isDiskLetGo;

    /**
     * Begins a life, durable on return.
     *
     * @param found what the folder remembers; one that is {@link Lives#none new} else
     * @param failed told if the disk fails, or the folder is not that of this server
     */
    Introductions(
            RaftNodeOptions options, Lives found, SplittableRandom random, Forgetting node, Consumer<Throwable> failed)
            throws IOException {
        this.options = options;
        this.disk = options.disk();
        this.transport = options.transport();
        this.loop = options.loops().get(0);
        this.node = node;
        this.failed = failed;
        this.random = random;
        this.lives = found.begin(random.nextInt());
        lives.write(disk);
        this.life = lives.life();
        lives.peers().forEach((server, met) -> peer(server).met = met);
    }

    static long nonZero(SplittableRandom random) {
        return random.nextLong() | 1;
    }

    private Peer peer(long server) {
        return peers.computeIfAbsent(server, id -> new Peer(loop.nowNanos()));
    }

    /** Whether {@code server} takes what this one says, or cannot tell. Threads: any. */
    boolean isWelcomeAt(long server) {
        Peer peer = peers.get(server);
        return peer != null && (peer.welcomed.number() == life.number() || peer.isOfOldRelease);
    }

    // Transport: any thread.

    @Override
    public void start(Receiver newReceiver) {
        receiver = newReceiver;
        transport.start(this);
    }

    @Override
    public void send(long server, Lane lane, ByteBuffer frame) {
        Peer peer = peer(server);
        if (!peer.isWelcome) {
            greet(server);
        }
        Life heard = peer.welcomed;
        Life present = life;
        FrameCodec.tag(frame, (heard.number() == present.number() ? heard : present).tag());
        transport.send(server, lane, frame);
    }

    @Override
    public long queuedBytes(long server) {
        return transport.queuedBytes(server);
    }

    /** Nothing reaches the disk after that; a write under way is waited for. */
    @Override
    public void close() {
        synchronized (disk) {
            isDiskLetGo = true;
        }
        transport.close();
    }

    @Override
    public void linkChanged(long server, boolean up) {
        if (up) {
            loop.execute(() -> {
                Peer peer = peer(server);
                if (!peer.isWelcome) {
                    greetNow(server, peer);
                }
            });
        }
        receiver().linkChanged(server, up);
    }

    @Override
    public void received(long server, ByteBuffer frame) {
        Introduction introduction;
        try {
            introduction = FrameCodec.introduction(frame);
        } catch (BadFrameException e) {
            receiver().received(server, frame);
            return;
        }
        int tag = FrameCodec.tag(frame);
        Peer peer = peer(server);
        if (introduction != null) {
            loop.execute(() -> introduced(server, peer, introduction));
        } else if (tag == 0) {
            peer.isOfOldRelease = true;
            receiver().received(server, frame);
        } else if (peer.takes(tag)) {
            receiver().received(server, frame);
        } else {
            loop.execute(() -> unknown(server, peer, frame));
        }
    }

    private Receiver receiver() {
        Receiver to = receiver;
        if (to == null) {
            throw new IllegalStateException("not started");
        }
        return to;
    }

    // Saying who this server is.

    /** Says it to {@code server} if that does not know it, now and then. Threads: any. */
    void greet(long server) {
        loop.execute(() -> {
            Peer peer = peer(server);
            if (!peer.isWelcome && loop.nowNanos() - peer.notBeforeNanos >= 0) {
                peer.pauseNanos = Math.min(LONGEST_PAUSE_NANOS, Math.max(FIRST_PAUSE_NANOS, 2 * peer.pauseNanos));
                sayHello(server, peer);
            }
        });
    }

    private void greetNow(long server, Peer peer) {
        peer.pauseNanos = FIRST_PAUSE_NANOS;
        sayHello(server, peer);
    }

    private void sayHello(long server, Peer peer) {
        if (closed || forgetting) {
            return;
        }
        peer.isInTouch = true;
        peer.notBeforeNanos = loop.nowNanos() + peer.pauseNanos;
        Life before = peer.before.equals(Life.NONE) ? lives.before() : peer.before;
        say(server, Introduction.hello(lives.folder(), life, before));
    }

    private void say(long server, Introduction introduction) {
        transport.send(server, Lane.CONTROL, FrameCodec.encode(introduction));
    }

    /** Begins a new stretch of this life, after which a copy that was made before is recognised. */
    void nextStretch() {
        if (closed || forgetting) {
            return;
        }
        lives = lives.nextStretch();
        Life next = lives.life();
        write(() -> begin(next));
    }

    private void begin(Life next) {
        life = next;
        peers.forEach((server, peer) -> {
            peer.isWelcome = false;
            if (peer.isInTouch) {
                greetNow(server, peer);
            }
        });
    }

    private void write(Runnable done) {
        Lives written = lives;
        options.logExecutor().execute(() -> {
            synchronized (disk) {
                if (isDiskLetGo) {
                    return;
                }
                try {
                    written.write(disk);
                } catch (IOException e) {
                    failed.accept(e);
                    return;
                }
                loop.execute(() -> {
                    if (!closed) {
                        done.run();
                    }
                });
            }
        });
    }

    // Hearing who others are.

    private void introduced(long server, Peer peer, Introduction said) {
        if (closed) {
            return;
        }
        switch (said.kind()) {
            case HELLO -> hello(server, peer, said);
            case WELCOME -> welcomed(peer, said.life());
            case KNOWN -> known(server, peer, said);
        }
    }

    private void hello(long server, Peer peer, Introduction hello) {
        peer.isOfOldRelease = false;
        if (!peer.isWelcome) {
            // It may have forgotten this server, or never met it.
            greet(server);
        }
        if (!peer.isWritten) {
            return;
        }
        Lives.Met met = peer.met;
        if (met == null || hello.life().covers(met.life()) || hello.before().covers(met.life())) {
            Lives.Met next = new Lives.Met(hello.folder(), hello.life());
            if (next.equals(met)) {
                say(server, Introduction.welcome(hello.life()));
            } else {
                meet(server, peer, next);
            }
        } else {
            say(server, Introduction.known(met.folder(), met.life()));
        }
    }

    private void meet(long server, Peer peer, Lives.Met next) {
        peer.isWritten = false;
        lives = lives.meet(server, next);
        write(() -> {
            peer.metBefore = peer.met == null ? Life.NONE : peer.met.life();
            peer.met = next;
            peer.isWritten = true;
            say(server, Introduction.welcome(next.life()));
            ByteBuffer frame;
            while ((frame = peer.waiting.poll()) != null) {
                if (peer.takes(FrameCodec.tag(frame))) {
                    receiver().received(server, frame);
                }
            }
        });
    }

    /** A frame of a life that was not met, or not when it came. */
    private void unknown(long server, Peer peer, ByteBuffer frame) {
        if (closed) {
            return;
        }
        Lives.Met met = peer.met;
        if (peer.takes(FrameCodec.tag(frame))) {
            receiver().received(server, frame);
        } else if (!peer.isWritten) {
            if (peer.waiting.size() < MOST_WAITING) {
                peer.waiting.add(frame);
            }
        } else {
            options.metrics().dropped("frame of an unknown life of a server");
            if (loop.nowNanos() - peer.notToldBeforeNanos >= 0) {
                peer.notToldBeforeNanos = loop.nowNanos() + FIRST_PAUSE_NANOS;
                say(
                        server,
                        met == null ? Introduction.known(0, Life.NONE) : Introduction.known(met.folder(), met.life()));
            }
        }
    }

    private void welcomed(Peer peer, Life welcome) {
        if (!welcome.covers(peer.welcomed) && peer.welcomed.number() == life.number()) {
            return;
        }
        if (life.covers(welcome)) {
            peer.welcomed = welcome;
            peer.isWelcome = welcome.equals(life);
            peer.pauseNanos = 0;
        }
    }

    private void known(long server, Peer peer, Introduction known) {
        if (forgetting) {
            return;
        }
        if (known.life().equals(Life.NONE) || lives.remembers(known.life())) {
            boolean isNews = !known.life().equals(peer.before);
            peer.before = known.life();
            peer.isWelcome = false;
            if (isNews) {
                greetNow(server, peer);
            } else {
                greet(server);
            }
        } else if (known.folder() == lives.folder() || node.knowsThatItForgot()) {
            forget(server, known);
        } else {
            failed.accept(foreign(server, known));
        }
    }

    private void forget(long server, Introduction known) {
        boolean isCopy = known.folder() == lives.folder();
        String why = "server " + Long.toHexString(server) + " met a life of this server, " + known.life()
                + ", of which the data" + " folder knows nothing: "
                + (isCopy ? "it is an older copy, restored or cloned" : "it takes the place of one that is lost");
        LOG.error(
                "{}. What this server promised since is forgotten; its replicas neither vote nor count until they hold again what a"
                        + " majority of the other voters holds, which needs no help if there is such a majority. If another"
                        + " process runs under this server's id, stop one of the two for good",
                why);
        forgetting = true;
        node.forget(why, () -> {
            lives = lives.forget(known.life()).begin(random.nextInt());
            Life next = lives.life();
            write(() -> {
                forgetting = false;
                peer(server).before = known.life();
                begin(next);
            });
        });
    }

    private LogException foreign(long server, Introduction known) {
        return new LogException(
                disk.toString(),
                -1,
                "server " + Long.toHexString(server) + " met server " + Long.toHexString(options.serverId())
                        + " with another data folder, " + String.format("%016x", known.folder()) + "; this one is "
                        + String.format("%016x", lives.folder())
                        + ". A server that comes back without its votes and entries could lose what was acknowledged",
                "start it with that folder. If that is lost for good, either give this server a new id and let its groups replace"
                        + " the old one, or start it once as one that replaces a lost folder, upon which it"
                        + " recovers from its peers");
    }

    /** Says and hears nothing of this any more. */
    void stop() {
        closed = true;
    }
}
