package io.raftkv.callback;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import io.raftkv.callback.FakeCluster.Fate;
import io.raftkv.resp.RespValue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class RaftClientTest {
    private final Recorder told = new Recorder();
    private FakeCluster cluster;
    private RaftClient client;

    @BeforeEach
    void connect() throws Exception {
        cluster = new FakeCluster(3);
        client = new RaftClient(told);
        client.connect(cluster.config());
    }

    @AfterEach
    void close() {
        client.close();
        cluster.close();
    }

    private RaftClient other(RaftCallBack callBack) {
        return other(callBack, cluster.config());
    }

    private static RaftClient other(RaftCallBack callBack, ClientConfig config) {
        RaftClient other = new RaftClient(callBack);
        other.connect(config);
        return other;
    }

    @Test
    void hearsOfOthersInOrderOnOneThread() throws Exception {
        client.join(0, "a:1");
        try (RaftClient other = other(new Recorder())) {
            other.join(1, "b:2");
            other.setSlot(2, "x");
            assertThat(told.next()).isEqualTo("member-join 1 b:2");
            assertThat(told.next()).isEqualTo("slot 2 x");
            assertThat(client.getCurrentAlive()).containsExactly("a:1", "b:2");
            assertThat(client.getCurrentSlot()).containsExactly(null, null, "x");
        }
        assertThat(told.next()).isEqualTo("member-leave b:2");
        cluster.event(RespValue.bulk("map"), RespValue.bulk("4"));
        cluster.event(RespValue.bulk("news of a later version"));
        cluster.event(RespValue.bulk("slot"), RespValue.integer(1), RespValue.nil());
        assertThat(told.next()).isEqualTo("map 4");
        assertThat(told.next()).isEqualTo("slot 1 null");
        assertThat(told.threads.stream().distinct()).singleElement().satisfies(thread -> assertThat(thread.getName())
                .startsWith("raftkv-callback-events-"));
    }

    @Test
    void theLargerEpochWins() throws Exception {
        Recorder otherTold = new Recorder();
        try (RaftClient other = other(otherTold)) {
            client.electLeader(1);
            assertThat(told.next()).isEqualTo("become-leader");
            other.electLeader(1);
            assertThat(otherTold.next()).isEqualTo("select-leader-failed");
            assertThat(other.leadership()).isEqualTo(new Leadership(1, client.sessionId()));
            other.electLeader(2);
            assertThat(otherTold.next()).isEqualTo("become-leader");
            assertThat(told.next()).isEqualTo("deposed 1");
            other.setSlot(0, "new", 2);
            assertThat(told.next()).isEqualTo("slot 0 new");
            CoordinatorException e =
                    catchThrowableOfType(CoordinatorException.class, () -> client.setSlot(0, "old", 1));
            assertThat(e).hasMessage("FENCED epoch 1 < 2, the one in force");
        }
        assertThat(told.next()).isEqualTo("leader-failed 2");
        assertThat(client.leadership()).isEqualTo(new Leadership(2, 0));
        assertThat(client.leadership().isVacant()).isTrue();
    }

    @Test
    void claimsAreAnsweredInTheirOrder() throws Exception {
        cluster.script(FakeCluster.first("ELECT", Fate.LOSE_REQUEST, Fate.ANSWER, Fate.LOSE_REPLY));
        client.electLeader(5);
        client.electLeader(4);
        client.electLeader(6);
        assertThat(told.next()).isEqualTo("suspended");
        assertThat(told.next()).isEqualTo("resumed");
        assertThat(told.next()).isEqualTo("become-leader");
        assertThat(told.next()).isEqualTo("suspended");
        assertThat(told.next()).isEqualTo("resumed");
        assertThat(told.next()).isEqualTo("select-leader-failed");
        assertThat(told.next()).isEqualTo("become-leader");
        assertThat(cluster.executions("ELECT")).isEqualTo(3);
    }

    @Test
    void aVictoryWhoseAnswerIsOvertakenByItsEndIsToldFirst() throws Exception {
        try (RaftClient other = other(new Recorder())) {
            cluster.script(FakeCluster.first("ELECT", Fate.LOSE_REPLY, Fate.IGNORE));
            client.electLeader(1);
            assertThat(told.next()).isEqualTo("suspended");
            assertThat(told.next()).isEqualTo("resumed");
            await().until(() ->
                    cluster.log().stream().filter(c -> c.contains(" ELECT ")).count() == 2);
            other.electLeader(2);
            assertThat(told.next()).isEqualTo("become-leader");
            assertThat(told.next()).isEqualTo("deposed 1");
            cluster.setSlotOfAnother(0, "x");
            assertThat(told.next()).as("and is told once").isEqualTo("slot 0 x");
        }
    }

    @Test
    void aRefusedClaimCountsAsLost() throws Exception {
        cluster.refuse(command -> command.equals("ELECT") ? "REFUSED epoch 9999999 is too far above 0" : null);
        client.electLeader(9_999_999);
        assertThat(told.next()).isEqualTo("select-leader-failed");
        assertThatIllegalArgumentException().isThrownBy(() -> client.electLeader(-1));
    }

    @Test
    void aClaimWhoseAnswerIsNotUnderstoodCountsAsLost() throws Exception {
        cluster.replace(command -> command.equals("ELECT") ? RespValue.array(RespValue.integer(1)) : null);
        client.electLeader(1);
        assertThat(told.next()).isEqualTo("select-leader-failed");
    }

    @Test
    void aCallbackMayCallTheClientAndWait() throws Exception {
        AtomicReference<Object> seen = new AtomicReference<>();
        Recorder inside = new Recorder() {
            @Override
            public void onBecomeLeader(RaftClientImp imp) {
                imp.setSlot(0, "leader", 1);
                imp.electLeader(1);
                seen.set(imp.getCurrentSlot());
                super.onBecomeLeader(imp);
            }
        };
        try (RaftClient other = other(inside)) {
            other.electLeader(1);
            assertThat(inside.next()).isEqualTo("become-leader");
            assertThat(seen.get()).asInstanceOf(InstanceOfAssertFactories.LIST).containsExactly("leader");
            assertThat(inside.next()).isEqualTo("slot 0 leader");
            assertThat(inside.next()).isEqualTo("select-leader-failed");
        }
    }

    @Test
    void aCallbackThatThrowsDoesNotStopTheOthers() throws Exception {
        Recorder faulty = new Recorder() {
            @Override
            public void onShardMapChanged(long version) {
                super.onShardMapChanged(version);
                throw new IllegalStateException("planted");
            }
        };
        try (RaftClient other = other(faulty)) {
            assertThat(other.sessionId()).isPositive();
            cluster.event(RespValue.bulk("map"), RespValue.bulk("1"));
            cluster.event(RespValue.bulk("map"), RespValue.bulk("2"));
            assertThat(faulty.next()).isEqualTo("map 1");
            assertThat(faulty.next()).isEqualTo("map 2");
        }
    }

    @Test
    void aCallbackMayCloseTheClient() throws Exception {
        CountDownLatch closed = new CountDownLatch(1);
        RaftClient[] self = new RaftClient[1];
        Recorder closing = new Recorder() {
            @Override
            public void onShardMapChanged(long version) {
                self[0].close();
                closed.countDown();
            }
        };
        self[0] = other(closing);
        cluster.event(RespValue.bulk("map"), RespValue.bulk("1"));
        closed.await();
        assertThat(cluster.executions("SESSION.CLOSE")).isEqualTo(1);
    }

    @Test
    void goesOnAtAnotherNodeWithoutMissingOrRepeatingAnEvent() throws Exception {
        client.join(0, "a:1");
        for (int round = 0; round < 5; round++) {
            int node = cluster.nodeOf(client.sessionId());
            cluster.stop(node);
            cluster.setSlotOfAnother(round, "missed");
            assertThat(told.next()).isEqualTo("suspended");
            assertThat(told.next()).isEqualTo("resumed");
            assertThat(told.next()).isEqualTo("slot " + round + " missed");
            cluster.repeatLastEvent();
            cluster.setSlotOfAnother(round, "seen");
            assertThat(told.next()).isEqualTo("slot " + round + " seen");
            assertThat(cluster.nodeOf(client.sessionId())).isNotEqualTo(node);
            cluster.restart(node);
        }
        assertThat(cluster.executions("SESSION.OPEN")).isEqualTo(1);
        assertThat(client.getCurrentAlive()).containsExactly("a:1");
    }

    @Test
    void keepsItsSessionWhenAllNodesThatItWasGivenAreReplacedOneAfterTheOther() throws Exception {
        Recorder heard = new Recorder();
        cluster.membersAre(0);
        try (RaftClient wanderer = new RaftClient(heard)) {
            wanderer.connect(cluster.config(0));
            assertThat(cluster.nodeOf(wanderer.sessionId())).isZero();
            for (int node = 0; node < 2; node++) {
                cluster.membersAre(node, node + 1);
                cluster.membersAre(node + 1);
                assertThat(wanderer.getCurrentAlive())
                        .as("answered after it was told")
                        .isEmpty();
                cluster.stop(node);
                assertThat(heard.next()).isEqualTo("suspended");
                assertThat(heard.next()).isEqualTo("resumed");
                assertThat(cluster.nodeOf(wanderer.sessionId())).isEqualTo(node + 1);
            }
            wanderer.setSlot(3, "still the same");
            assertThat(heard.next()).isEqualTo("slot 3 still the same");
        }
    }

    @Test
    void goesBackToTheNodesThatItWasGivenIfWhatItIsToldIsOfNoUse() throws Exception {
        Recorder heard = new Recorder();
        cluster.membersAre(2);
        try (RaftClient client = new RaftClient(heard)) {
            client.connect(cluster.config(0, 1));
            int first = cluster.nodeOf(client.sessionId());
            assertThat(client.getCurrentAlive())
                    .as("answered after it was told")
                    .isEmpty();
            cluster.stop(2);
            cluster.stop(first);
            assertThat(heard.next()).isEqualTo("suspended");
            assertThat(heard.next()).isEqualTo("resumed");
            assertThat(cluster.nodeOf(client.sessionId())).isEqualTo(1 - first);
        }
    }

    @Test
    void survivesThatNoNodeIsThereForAWhile() throws Exception {
        for (int node = 0; node < 3; node++) {
            cluster.stop(node);
        }
        assertThat(told.next()).isEqualTo("suspended");
        client.electLeader(1);
        cluster.restart(1);
        assertThat(told.next()).isEqualTo("resumed");
        assertThat(told.next()).isEqualTo("become-leader");
    }

    @Test
    void leavesANodeThatAnswersNoHeartbeats() throws Exception {
        int node = cluster.nodeOf(client.sessionId());
        cluster.script(FakeCluster.first("SESSION.PING", Fate.IGNORE));
        assertThat(told.next()).isEqualTo("suspended");
        assertThat(told.next()).isEqualTo("resumed");
        assertThat(cluster.nodeOf(client.sessionId())).isNotEqualTo(node);
    }

    @Test
    void sendsAtLeastThreeHeartbeatsInATimeout() {
        int before = cluster.pings(client.sessionId());
        long start = System.nanoTime();
        await().until(() -> cluster.pings(client.sessionId()) >= before + 9);
        assertThat(System.nanoTime() - start).as("9 within 3 time-outs").isLessThan(3 * 500_000_000L);
    }

    @Test
    void isToldThatItsSessionHasEnded() throws Exception {
        client.join(0, "a:1");
        cluster.expire(client.sessionId());
        assertThat(told.next())
                .isEqualTo("session-lost SESSIONEXPIRED session " + client.sessionId() + " has ended; open a new one");
        CoordinatorException e = catchThrowableOfType(CoordinatorException.class, () -> client.electLeader(1));
        assertThat(e.code()).isEqualTo("SESSIONEXPIRED");
        assertThat(catchThrowableOfType(CoordinatorException.class, () -> client.setSlot(0, "x", 1))
                        .code())
                .isEqualTo("SESSIONEXPIRED");
        assertThat(client.getCurrentAlive()).as("reading needs no session").isEmpty();
        cluster.setSlotOfAnother(0, "x");
        client.close();
        assertThat(told.waiting()).as("that was the last call").isZero();
    }

    @Test
    void isToldSoWhenItComesBackTooLate() throws Exception {
        long session = client.sessionId();
        for (int node = 0; node < 3; node++) {
            cluster.stop(node);
        }
        assertThat(told.next()).isEqualTo("suspended");
        client.electLeader(1);
        cluster.expire(session);
        cluster.restart(0);
        assertThat(told.next()).startsWith("session-lost SESSIONEXPIRED");
        assertThat(cluster.executions("ELECT")).as("withdrawn with the session").isZero();
    }

    @Test
    void anAnswerToOpeningThatWasLostGivesTheSameSession() throws Exception {
        cluster.script(FakeCluster.first("SESSION.OPEN", Fate.LOSE_REPLY, Fate.LOSE_REQUEST));
        Recorder otherTold = new Recorder();
        try (RaftClient other = other(otherTold)) {
            assertThat(cluster.executions("SESSION.OPEN")).isEqualTo(2);
            cluster.setSlotOfAnother(0, "x");
            assertThat(otherTold.next()).isEqualTo("slot 0 x");
            assertThat(other.sessionId()).isEqualTo(client.sessionId() + 1);
        }
    }

    @Test
    void closingLeavesAtOnce() throws Exception {
        Recorder otherTold = new Recorder();
        try (RaftClient other = other(otherTold)) {
            other.join(1, "b:2");
            client.join(0, "a:1");
            assertThat(otherTold.next()).isEqualTo("member-join 0 a:1");
            client.close();
            assertThat(otherTold.next()).isEqualTo("member-leave a:1");
        }
        client.close();
        assertThat(catchThrowableOfType(CoordinatorException.class, client::getCurrentSlot)
                        .code())
                .isEqualTo("CLOSED");
        assertThat(catchThrowableOfType(CoordinatorException.class, () -> client.electLeader(1))
                        .code())
                .isEqualTo("CLOSED");
    }

    @Test
    void closingDoesNotWaitForACoordinatorThatIsGone() {
        cluster.close();
        long start = System.nanoTime();
        client.close();
        assertThat(System.nanoTime() - start).isLessThan(4_000_000_000L);
    }

    @Test
    void connectsOnceAndAgainOnlyAfterAFailure() {
        assertThatIllegalStateException()
                .isThrownBy(() -> client.connect(cluster.config()))
                .withMessage("the client is connected already");
        RaftClient fresh = new RaftClient(new Recorder());
        assertThatIllegalStateException()
                .isThrownBy(() -> fresh.electLeader(1))
                .withMessage("the client is not connected; call connect first");
        cluster.refuse(command -> command.equals("SESSION.OPEN") ? "NOLEADER no majority (1 of 3)" : null);
        CoordinatorException e = catchThrowableOfType(
                CoordinatorException.class, () -> fresh.connect(cluster.config().withRequestTimeoutMs(300)));
        assertThat(e).hasMessageContaining("no majority (1 of 3)");
        cluster.refuse(command -> null);
        fresh.connect(cluster.config());
        assertThat(fresh.sessionId()).isPositive();
        fresh.close();
        assertThatIllegalStateException()
                .isThrownBy(() -> fresh.connect(cluster.config()))
                .withMessage("the client is closed");
    }

    @Test
    void refusesMembersWithoutAPlaceOrAddress() {
        assertThatIllegalArgumentException().isThrownBy(() -> client.join(-1, "a:1"));
        assertThatIllegalArgumentException().isThrownBy(() -> client.join(0, ""));
        assertThatIllegalArgumentException().isThrownBy(() -> client.join(0, "a".repeat(257)));
    }

    @Test
    void givesTheSessionUpWhenTheCallbacksCannotFollow() throws Exception {
        CountDownLatch blocked = new CountDownLatch(1);
        Recorder slow = new Recorder() {
            @Override
            public void onShardMapChanged(long version) {
                try {
                    blocked.await();
                } catch (InterruptedException e) {
                    throw new IllegalStateException(e);
                }
            }
        };
        try (RaftClient other = other(slow, cluster.config().withSessionTimeoutMs(60_000))) {
            for (int i = 0; i < Callbacks.MAX_WAITING + 10; i++) {
                cluster.event(RespValue.bulk("map"), RespValue.bulk("1"));
            }
            await().until(() -> catchThrowableOfType(CoordinatorException.class, () -> other.setSlot(0, "x", 1))
                    .is(CoordinatorException.SESSION_EXPIRED));
            blocked.countDown();
            assertThat(slow.next()).startsWith("session-lost the callbacks are 4096 events behind");
        }
    }

    @Test
    void givesTheSessionUpWhenAnEventMakesNoSense() throws Exception {
        cluster.event(RespValue.bulk("leader-failed"), RespValue.bulk("soon"));
        assertThat(told.next()).startsWith("session-lost the coordinator sent an event that is not understood");
    }
}
