package io.raftkv.raft.driver;

import static org.assertj.core.api.Assertions.assertThat;

import io.raftkv.raft.EventLoop;
import io.raftkv.raft.core.Message;
import io.raftkv.raft.log.LogException;
import io.raftkv.raft.sim.SimDisk;
import io.raftkv.raft.transport.FrameCodec;
import io.raftkv.raft.transport.Lane;
import io.raftkv.raft.transport.Transport;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Servers that introduce themselves to each other over a wire that delivers when it is told to. */
class IntroductionsTest {
    private final Map<Long, Server> running = new HashMap<>();
    private final Deque<Runnable> wire = new ArrayDeque<>();
    private final SplittableRandom random = new SplittableRandom(1);
    private long nowNanos;

    /** Runs what it is given at once, at a time that the test sets. */
    private final class Loop implements EventLoop {
        @Override
        public boolean inLoop() {
            return true;
        }

        @Override
        public long nowNanos() {
            return nowNanos;
        }

        @Override
        public long wallClockMs() {
            return 0;
        }

        @Override
        public Scheduled schedule(long delayNanos, Runnable task) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void execute(Runnable task) {
            task.run();
        }
    }

    /** One life of a server. */
    private final class Server implements Transport, Transport.Receiver, Introductions.Forgetting {
        final long id;
        final SimDisk disk;
        final Introductions introductions;
        final List<Long> heard = new ArrayList<>();
        final List<String> forgot = new ArrayList<>();
        final List<Throwable> failures = new ArrayList<>();
        boolean knowsThatItForgot;

        Server(long id, SimDisk disk) throws IOException {
            this.id = id;
            this.disk = disk;
            RaftNodeOptions options = RaftNodeOptions.of(
                            id, "test", disk, List.of(new Loop()), Runnable::run, Runnable::run, this)
                    .build();
            Lives found = Lives.read(disk).orElse(Lives.none(random.nextLong() | 1));
            introductions = new Introductions(options, found, random.split(), this, failures::add);
            running.put(id, this);
            introductions.start(this);
        }

        /** A frame that says {@code what}, on its way after whatever goes with it. */
        void say(long to, long what) {
            // So long that the pause between two introductions is over.
            nowNanos += TimeUnit.SECONDS.toNanos(10);
            introductions.send(to, Lane.CONTROL, FrameCodec.encodeSignOfLife(what));
        }

        Lives lives() throws IOException {
            return Lives.read(disk).orElseThrow();
        }

        @Override
        public void start(Receiver receiver) {}

        @Override
        public void send(long server, Lane lane, ByteBuffer frame) {
            wire.add(() -> {
                Server to = running.get(server);
                if (to != null) {
                    to.introductions.received(id, frame);
                }
            });
        }

        @Override
        public long queuedBytes(long server) {
            return 0;
        }

        @Override
        public void close() {}

        @Override
        public void received(long server, ByteBuffer frame) {
            try {
                FrameCodec.decode(server, id, frame, new FrameCodec.Contents() {
                    @Override
                    public void message(Message.Envelope envelope) {}

                    @Override
                    public void signOfLife(long what) {
                        heard.add(what);
                    }
                });
            } catch (FrameCodec.BadFrameException e) {
                throw new AssertionError(e);
            }
        }

        @Override
        public void linkChanged(long server, boolean up) {}

        @Override
        public void forget(String why, Runnable marked) {
            forgot.add(why);
            knowsThatItForgot = true;
            marked.run();
        }

        @Override
        public boolean knowsThatItForgot() {
            return knowsThatItForgot;
        }
    }

    private void deliver() {
        while (!wire.isEmpty()) {
            wire.poll().run();
        }
    }

    /** The server speaks to the others in a new life, and all of it arrives. */
    private Server live(long id, SimDisk disk, long... others) throws IOException {
        Server server = new Server(id, disk);
        for (long other : others) {
            server.say(other, 0);
        }
        deliver();
        return server;
    }

    private static SimDisk.Image imageOf(Server server) {
        return server.disk.image();
    }

    private Server restored(Server server, SimDisk.Image image, long... others) throws IOException {
        server.disk.restore(image);
        return live(server.id, server.disk, others);
    }

    @Test
    void nothingCountsBeforeItIsWrittenDownInWhichLifeItIsSaid() throws IOException {
        Server second = new Server(2, new SimDisk(2));
        Server first = new Server(1, new SimDisk(1));
        first.say(2, 5);
        assertThat(first.introductions.isWelcomeAt(2)).isFalse();
        wire.removeFirst();
        deliver();
        assertThat(second.heard).as("said in a life that was not met").isEmpty();

        first.say(2, 6);
        deliver();
        assertThat(second.heard).containsExactly(6L);
        assertThat(first.introductions.isWelcomeAt(2)).isTrue();
        assertThat(second.lives().peers().get(1L).life())
                .isEqualTo(first.lives().life());
    }

    @Test
    void livesThatFollowOnEachOtherAreMetAlsoIfSomeWereMissed() throws IOException {
        Server second = live(2, new SimDisk(2));
        Server first = live(1, new SimDisk(1), 2);
        for (int missed = 0; missed < 3; missed++) {
            first = live(1, first.disk);
        }
        first = live(1, first.disk, 2);
        assertThat(first.forgot).isEmpty();
        assertThat(first.introductions.isWelcomeAt(2)).isTrue();
        assertThat(second.lives().peers().get(1L).life())
                .isEqualTo(first.lives().life());
    }

    @Test
    void anOlderCopyIsToldAndGoesOnInALifeAfterTheOneItForgot() throws IOException {
        live(2, new SimDisk(2));
        Server first = live(1, new SimDisk(1), 2);
        SimDisk.Image image = imageOf(first);
        first = live(1, first.disk, 2);
        long forgotten = first.lives().life().count();

        Server copy = restored(first, image, 2);
        assertThat(copy.forgot).singleElement().asString().contains("it is an older copy");
        assertThat(copy.lives().forgotten()).isEqualTo(forgotten);
        assertThat(copy.lives().life().count()).isGreaterThan(forgotten);
        copy.say(2, 7);
        deliver();
        assertThat(copy.introductions.isWelcomeAt(2)).isTrue();
        assertThat(running.get(2L).heard).endsWith(7L);

        assertThat(live(1, copy.disk, 2).forgot).as("at the next start").isEmpty();
    }

    /** As the image of a machine that goes on running. */
    @Test
    void aCopyOfTheSameLifeIsToldAfterAStretch() throws IOException {
        live(2, new SimDisk(2));
        Server first = live(1, new SimDisk(1), 2);
        SimDisk.Image image = imageOf(first);
        assertThat(restored(first, image, 2).forgot).as("nothing was new").isEmpty();

        first = live(1, first.disk, 2);
        image = imageOf(first);
        first.introductions.nextStretch();
        deliver();
        assertThat(restored(first, image, 2).forgot).hasSize(1);
    }

    /** The peer is an older copy itself, and remembers a life that was forgotten before, and recovered from. */
    @Test
    void whatAPeerTellsOfALifeBeforeTheOneItForgotIsNoNews() throws IOException {
        live(3, new SimDisk(3));
        Server second = live(2, new SimDisk(2));
        Server first = live(1, new SimDisk(1), 2, 3);
        SimDisk.Image image = imageOf(first);
        first = live(1, first.disk, 2, 3);
        SimDisk.Image ofPeer = imageOf(second);
        first = live(1, first.disk, 2, 3);
        Server copy = restored(first, image, 3);
        assertThat(copy.forgot).hasSize(1);

        second.disk.restore(ofPeer);
        live(2, second.disk);
        copy.say(2, 7);
        deliver();
        assertThat(copy.forgot).hasSize(1);
        assertThat(copy.introductions.isWelcomeAt(2)).isTrue();
    }

    @Test
    void anotherFolderIsRefusedUnlessItIsKnownToTakeThePlaceOfALostOne() throws IOException {
        live(2, new SimDisk(2));
        live(1, new SimDisk(1), 2);
        Server another = live(1, new SimDisk(3), 2);
        assertThat(another.failures).isNotEmpty().allSatisfy(failure -> assertThat(failure)
                .isInstanceOf(LogException.class)
                .hasMessageContaining("another data folder"));
        assertThat(another.forgot).isEmpty();
        assertThat(another.introductions.isWelcomeAt(2)).isFalse();

        Server replacement = new Server(1, new SimDisk(4));
        replacement.knowsThatItForgot = true;
        replacement.say(2, 0);
        deliver();
        assertThat(replacement.failures).isEmpty();
        assertThat(replacement.forgot).singleElement().asString().contains("it takes the place of one that is lost");
        assertThat(replacement.introductions.isWelcomeAt(2)).isTrue();
    }

    @Test
    void aReleaseWithoutLivesIsHeard() throws IOException {
        Server first = live(1, new SimDisk(1));
        first.introductions.received(2, FrameCodec.encodeSignOfLife(9));
        assertThat(first.heard).containsExactly(9L);
        assertThat(first.introductions.isWelcomeAt(2)).isTrue();
    }
}
