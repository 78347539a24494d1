package io.raftkv.raft.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.raftkv.raft.Bytes;
import io.raftkv.raft.Completion;
import io.raftkv.raft.EventLoop;
import io.raftkv.raft.RaftException;
import io.raftkv.raft.session.SessionReply.Status;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** The client's side, against a link whose answers the test gives. */
class SessionTest {
    private static final SessionOptions OPTIONS = new SessionOptions(3, 1000, 100);
    private static final RaftException NOT_LEADER = new RaftException.NotLeader(null);
    private static final RaftException UNKNOWN = new RaftException.OutcomeUnknown("a test");

    private final ManualLoop loop = new ManualLoop();
    private final FakeLink link = new FakeLink();

    /** Time that passes when the test says so. */
    private static final class ManualLoop implements EventLoop {
        private record Timer(long at, int order, Runnable task) {}

        private final PriorityQueue<Timer> timers =
                new PriorityQueue<>(Comparator.comparingLong(Timer::at).thenComparingInt(Timer::order));
        private long now;
        private int order;

        @Override
        public void execute(Runnable task) {
            task.run();
        }

        @Override
        public boolean inLoop() {
            return true;
        }

        @Override
        public long nowNanos() {
            return now;
        }

        @Override
        public long wallClockMs() {
            return TimeUnit.NANOSECONDS.toMillis(now);
        }

        @Override
        public Scheduled schedule(long delayNanos, Runnable task) {
            Timer timer = new Timer(now + delayNanos, order++, task);
            timers.add(timer);
            return () -> timers.remove(timer);
        }

        void pass(long ms) {
            long end = now + TimeUnit.MILLISECONDS.toNanos(ms);
            while (!timers.isEmpty() && timers.peek().at() <= end) {
                Timer timer = timers.remove();
                now = timer.at();
                timer.task().run();
            }
            now = end;
        }
    }

    /** What was asked, as text, and how to answer it. */
    private static final class FakeLink implements SessionLink {
        final List<String> asked = new ArrayList<>();
        final ArrayDeque<Completion> open = new ArrayDeque<>();
        /** How to answer at once, or null to wait for the test. */
        @Nullable
        Consumer<Completion> atOnce;

        private void take(String what, Completion completion) {
            asked.add(what);
            if (atOnce == null) {
                open.add(completion);
            } else {
                atOnce.accept(completion);
            }
        }

        @Override
        public void register(String label, Completion completion) {
            take("register " + label, completion);
        }

        @Override
        public void command(long session, long sequence, long ackedBelow, Bytes command, Completion completion) {
            take(session + ":" + sequence + "/" + ackedBelow + " " + command.toUtf8(), completion);
        }

        @Override
        public void close(long session, Completion completion) {
            take("close " + session, completion);
        }

        /** Answers the oldest request that has no answer yet. */
        void reply(Status status, @Nullable Object result) {
            open.remove().succeeded(new SessionReply(status, status == Status.REGISTERED ? 7 : 0, result));
        }

        void fail(RaftException failure) {
            open.remove().failed(failure);
        }
    }

    private Session open() {
        CompletableFuture<Session> opened =
                Session.open(link, loop, OPTIONS, "me").toCompletableFuture();
        link.reply(Status.REGISTERED, null);
        link.asked.clear();
        return opened.join();
    }

    private static CompletableFuture<@Nullable Object> run(Session session, String command) {
        return session.run(Bytes.utf8(command)).toCompletableFuture();
    }

    private static void assertFails(CompletableFuture<?> stage, Class<? extends RaftException> failure) {
        assertThat(stage).isCompletedExceptionally();
        assertThatThrownBy(stage::join).hasCauseInstanceOf(failure);
    }

    @Test
    void registersAgainUntilItIsAnswered() {
        CompletableFuture<Session> opened =
                Session.open(link, loop, OPTIONS, "me").toCompletableFuture();
        for (RaftException failure : List.of(NOT_LEADER, UNKNOWN)) {
            link.fail(failure);
            loop.pass(100);
        }
        link.reply(Status.TOO_MANY_SESSIONS, null);
        loop.pass(100);
        link.reply(Status.REGISTERED, null);
        assertThat(opened.join().id()).isEqualTo(7);
        assertThat(link.asked).hasSize(4).containsOnly("register me");
    }

    @Test
    void tooManySessionsIsBusyInTheEnd() {
        link.atOnce = completion -> completion.succeeded(SessionReply.TOO_MANY_SESSIONS);
        CompletableFuture<Session> opened =
                Session.open(link, loop, OPTIONS, "me").toCompletableFuture();
        loop.pass(1000);
        assertFails(opened, RaftException.Busy.class);
    }

    @Test
    void numbersCommandsAndAcknowledgesWhatIsAnswered() {
        Session session = open();
        run(session, "a");
        CompletableFuture<@Nullable Object> b = run(session, "b");
        link.reply(Status.EXECUTED, "A");
        link.reply(Status.EXECUTED, "B");
        assertThat(b.join()).isEqualTo("B");
        run(session, "c");
        assertThat(link.asked).containsExactly("7:1/1 a", "7:2/1 b", "7:3/3 c");
    }

    @Test
    void acknowledgesNothingBehindWhatIsOpen() {
        Session session = open();
        run(session, "a");
        run(session, "b");
        Completion first = link.open.remove();
        link.reply(Status.EXECUTED, "B");
        run(session, "c");
        first.succeeded(new SessionReply(Status.EXECUTED, 0, "A"));
        link.fail(NOT_LEADER);
        loop.pass(100);
        assertThat(link.asked).containsExactly("7:1/1 a", "7:2/1 b", "7:3/1 c", "7:3/3 c");
    }

    @Test
    void sendsAgainUnderTheSameNumberUntilItIsAnswered() {
        Session session = open();
        CompletableFuture<@Nullable Object> a = run(session, "a");
        for (RaftException failure : List.of(NOT_LEADER, UNKNOWN, NOT_LEADER)) {
            link.fail(failure);
            loop.pass(100);
        }
        link.reply(Status.WINDOW_FULL, null);
        loop.pass(200);
        link.reply(Status.REPEATED, "A");
        assertThat(a.join()).isEqualTo("A");
        assertThat(link.asked).hasSize(5).containsOnly("7:1/1 a");
        assertThat(loop.timers).isEmpty();
    }

    @Test
    void theOutcomeIsKnownIfNoTryCanHaveBeenExecuted() {
        Session session = open();
        link.atOnce = completion -> completion.failed(NOT_LEADER);
        CompletableFuture<@Nullable Object> a = run(session, "a");
        loop.pass(1000);
        assertThat(link.asked).hasSizeBetween(5, 12);
        assertFails(a, RaftException.NotLeader.class);
    }

    @Test
    void theOutcomeIsUnknownIfOneTryMayHaveBeenExecuted() {
        Session session = open();
        CompletableFuture<@Nullable Object> a = run(session, "a");
        link.fail(UNKNOWN);
        link.atOnce = completion -> completion.failed(NOT_LEADER);
        loop.pass(1000);
        assertFails(a, RaftException.OutcomeUnknown.class);
    }

    @Test
    void aTryThatIsNeverAnsweredLeavesTheOutcomeUnknown() {
        Session session = open();
        CompletableFuture<@Nullable Object> a = run(session, "a");
        loop.pass(999);
        assertThat(a).isNotDone();
        loop.pass(1);
        assertFails(a, RaftException.OutcomeUnknown.class);
        // The answer that comes too late is nobody's, and what was given up is acknowledged.
        link.reply(Status.EXECUTED, "A");
        run(session, "b");
        assertThat(link.asked).last().isEqualTo("7:2/2 b");
    }

    @Test
    void aFirstTryThatMeetsNoSessionWasNotExecuted() {
        Session session = open();
        CompletableFuture<@Nullable Object> a = run(session, "a");
        link.fail(NOT_LEADER);
        loop.pass(100);
        link.reply(Status.NO_SESSION, null);
        assertFails(a, RaftException.SessionExpired.class);
        assertFails(run(session, "b"), RaftException.SessionExpired.class);
        assertThat(link.asked).hasSize(2);
    }

    @Test
    void aRetryThatMeetsNoSessionIsNeverSentInAnotherOne() {
        Session session = open();
        CompletableFuture<@Nullable Object> a = run(session, "a");
        link.fail(UNKNOWN);
        loop.pass(100);
        link.reply(Status.NO_SESSION, null);
        assertFails(a, RaftException.OutcomeUnknown.class);
        loop.pass(10_000);
        assertThat(link.asked).containsExactly("7:1/1 a", "7:1/1 a");
    }

    @Test
    void whenTheSessionIsGoneOtherCommandsEndByWhatIsKnownOfThem() {
        Session session = open();
        CompletableFuture<@Nullable Object> gone = run(session, "a");
        CompletableFuture<@Nullable Object> refused = run(session, "b");
        CompletableFuture<@Nullable Object> underWay = run(session, "c");
        Completion first = link.open.remove();
        link.fail(NOT_LEADER);
        first.succeeded(new SessionReply(Status.NO_SESSION, 0, null));
        assertFails(gone, RaftException.SessionExpired.class);
        assertFails(refused, RaftException.SessionExpired.class);
        assertFails(underWay, RaftException.OutcomeUnknown.class);
        assertThat(loop.timers).isEmpty();
    }

    @Test
    void aFullWindowRefusesAtOnce() {
        Session session = open();
        run(session, "a");
        run(session, "b");
        run(session, "c");
        assertFails(run(session, "d"), RaftException.Busy.class);
        link.reply(Status.EXECUTED, "A");
        assertThat(run(session, "d")).isNotDone();
        assertThat(link.asked).last().isEqualTo("7:4/2 d");
    }

    @Test
    void closingEndsWhatIsOpen() {
        Session session = open();
        CompletableFuture<@Nullable Object> a = run(session, "a");
        CompletableFuture<@Nullable Void> closed = session.close().toCompletableFuture();
        assertFails(a, RaftException.OutcomeUnknown.class);
        assertFails(run(session, "b"), RaftException.Stopped.class);
        link.open.remove();
        link.reply(Status.CLOSED, null);
        assertThat(closed).isCompleted();
        assertThat(loop.timers).isEmpty();
    }
}
