package io.raftkv.coordinator.front;

import static org.assertj.core.api.Assertions.assertThat;

import io.raftkv.coordinator.state.Command;
import io.raftkv.coordinator.state.CoordinatorState;
import io.raftkv.coordinator.state.Query;
import io.raftkv.raft.RaftException;
import io.raftkv.resp.RespValue;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Requests on their way: node 1 is this one, node 2 another, and the clock is the test's. */
class RouterTest {
    private static final Command OPEN = new Command.OpenSession("default", 2_000);

    private final ManualLoop loop = new ManualLoop();
    private final List<ByteBuffer> sent = new ArrayList<>();
    private final List<RespValue> answers = new ArrayList<>();
    private final Router here = router(1, true);
    private final Router there = router(2, false);
    private final CoordinatorState state = new CoordinatorState(4, CoordinatorState.Observer.NONE);
    private final FakeGroup group = new FakeGroup(loop, state);
    private final SessionWatch watch = new SessionWatch(group, state);
    private boolean linkUp = true;

    private Router router(long self, boolean asks) {
        return new Router(
                loop,
                new Peers() {
                    @Override
                    public boolean sendRequest(long node, ByteBuffer body) {
                        sent.add(body);
                        if (linkUp) {
                            there.requested(1, body.duplicate());
                        }
                        return true;
                    }

                    @Override
                    public void sendReply(long node, ByteBuffer body) {
                        assertThat(asks).isFalse();
                        here.replied(2, body);
                    }

                    @Override
                    public String name(long node) {
                        return "node " + node;
                    }

                    @Override
                    public String whyNoLeader() {
                        return "nobody is here";
                    }
                },
                self,
                77);
    }

    private LeaderDesk desk() {
        return new LeaderDesk(group, state, watch, new RosterKeeper(group, state, FakeNeighbours.NONE));
    }

    private void wait(int ms) {
        for (int i = 0; i < ms; i += 50) {
            loop.advanceMs(50);
            here.tick();
        }
    }

    @Test
    void aRequestWaitsForALeaderAndIsThenDone() {
        here.opened(desk());
        here.write(null, OPEN, answers::add);
        wait(4_000);
        assertThat(answers).isEmpty();
        here.leaderIs(1);
        assertThat(answers).hasSize(1);
        assertThat(state.sessions()).hasSize(1);
    }

    @Test
    void withoutALeaderItEndsAfterFiveSecondsAndSaysThatNothingHappened() {
        here.write(null, OPEN, answers::add);
        here.read(new Query.Servers(), answers::add);
        wait(4_950);
        assertThat(answers).isEmpty();
        wait(50);
        assertThat(answers)
                .containsExactly(
                        RespValue.error("NOLEADER nobody is here"), RespValue.error("NOLEADER nobody is here"));
    }

    @Test
    void anotherNodeDoesItAndTheAnswerComesBack() {
        there.opened(desk());
        there.leaderIs(2);
        here.leaderIs(2);
        here.write(null, OPEN, answers::add);
        here.read(new Query.MapAt(-1), answers::add);
        assertThat(answers).hasSize(2);
        assertThat(answers.get(1).asMap()).containsKey("version");
    }

    @Test
    void aNodeThatLeadsNoMoreIsAskedAgainOnlyAfterAPause() {
        there.opened(desk());
        here.leaderIs(2);
        here.write(null, OPEN, answers::add);
        assertThat(sent).hasSize(1);
        assertThat(answers).isEmpty();
        there.leaderIs(2);
        wait(50);
        assertThat(answers).hasSize(1);
    }

    @Test
    void whatWasLostOnTheWayIsSentAgainAndDoneOnce() {
        there.opened(desk());
        there.leaderIs(2);
        here.leaderIs(2);
        linkUp = false;
        here.write(null, OPEN, answers::add);
        wait(1_050);
        assertThat(sent).hasSize(2);
        linkUp = true;
        sent.forEach(frame -> there.requested(1, frame.duplicate()));
        assertThat(answers).hasSize(1);
        assertThat(group.proposals).isEqualTo(2);
        assertThat(state.sessions()).hasSize(1);
    }

    @Test
    void aLostWriteEndsInDoubtAndALostReadDoesNot() {
        here.leaderIs(2);
        linkUp = false;
        here.write(null, OPEN, answers::add);
        here.read(new Query.Servers(), answers::add);
        wait(5_000);
        assertThat(answers.get(0).errorMessage()).startsWith("TIMEOUT the outcome is unknown");
        assertThat(answers.get(1).errorMessage()).startsWith("NOLEADER the leader does not answer");
    }

    @Test
    void aLeaderThatIsDeposedInTheMiddleIsFollowedByTheNext() {
        here.opened(desk());
        group.failure = new RaftException.OutcomeUnknown("deposed");
        here.leaderIs(1);
        here.write(null, OPEN, answers::add);
        assertThat(answers).isEmpty();
        there.opened(desk());
        there.leaderIs(2);
        group.failure = null;
        here.leaderIs(2);
        assertThat(answers).hasSize(1);
        assertThat(answers.get(0).isError()).isFalse();
    }

    @Test
    void aFullGroupIsToldAtOnce() {
        here.opened(desk());
        here.leaderIs(1);
        group.failure = new RaftException.Busy("the queue is full", 10);
        here.write(null, OPEN, answers::add);
        assertThat(answers.get(0).errorMessage()).startsWith("BUSY the queue is full");
    }

    @Test
    void damagedFramesAreRefused() {
        here.requested(2, ByteBuffer.wrap(new byte[] {1, 2, 3}));
        here.replied(2, ByteBuffer.wrap(new byte[12]));
        assertThat(answers).isEmpty();
    }

    @Test
    void closingAnswersAllThatWaits() {
        here.write(null, OPEN, answers::add);
        here.endAll("this node is being shut down");
        assertThat(answers).containsExactly(RespValue.error("NOLEADER this node is being shut down"));
    }
}
