package io.raftkv.coordinator.front;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.raftkv.coordinator.bootstrap.Cluster;
import io.raftkv.coordinator.bootstrap.Hello;
import io.raftkv.coordinator.bootstrap.Members;
import io.raftkv.coordinator.state.Command;
import io.raftkv.coordinator.state.CommandCodec;
import io.raftkv.coordinator.state.CoordinatorState;
import io.raftkv.coordinator.state.Node;
import io.raftkv.coordinator.state.Roster;
import io.raftkv.raft.Completion;
import io.raftkv.raft.Configuration;
import io.raftkv.raft.RaftException;
import io.raftkv.raft.ReplicaId;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The leader's part in a change of the nodes, with a Raft group that does what the test says. */
class RosterKeeperTest {
    private static final Node A = new Node(1, "127.0.0.1:1", 0);
    private static final Node B = new Node(2, "127.0.0.1:2", 0);
    private static final Node C = new Node(3, "127.0.0.1:3", 0);
    private static final Node D = new Node(4, "127.0.0.1:4", 0);
    private static final Cluster CLUSTER = new Cluster(new UUID(7, 7), "c", 4, List.of(A, B, C));

    private final CoordinatorState state = new CoordinatorState(4, List.of(A, B, C), CoordinatorState.Observer.NONE);
    private final Group group = new Group(new ManualLoop(), state);
    private final FakeNeighbours neighbours = new FakeNeighbours();
    private final RosterKeeper keeper = new RosterKeeper(group, state, neighbours);

    /** Notes what it is asked for; the test answers. */
    private static final class Group extends FakeGroup {
        final List<String> asked = new ArrayList<>();
        final List<Completion> open = new ArrayList<>();

        Group(ManualLoop loop, CoordinatorState state) {
            super(loop, state);
            configuration = Configuration.of(List.of(A.replica(), B.replica(), C.replica()));
        }

        @Override
        public void changeMembers(SortedSet<ReplicaId> voters, long mapVersion, Completion completion) {
            asked.add(mapVersion + ": " + voters);
            open.add(completion);
        }

        @Override
        public void abortChange(Completion completion) {
            asked.add("abort");
            open.add(completion);
        }
    }

    @BeforeEach
    void lead() {
        keeper.leading(true);
        neighbours.reachable.addAll(Set.of(1L, 2L, 3L));
    }

    private void wish(Node joins, long leaves) {
        Command command = new Command.ChangeNodes(joins, leaves);
        state.apply(1, 1, CommandCodec.encode(new CommandCodec.Request(null, command)));
    }

    private void ticks() {
        for (int i = 0; i < 5; i++) {
            keeper.tick();
        }
    }

    private void votersAre(Node... nodes) {
        SortedSet<ReplicaId> voters = new TreeSet<>();
        for (Node node : nodes) {
            voters.add(node.replica());
        }
        group.configuration = Configuration.of(voters);
    }

    private void hear(Node node, Hello.Stage stage, Cluster cluster) {
        neighbours.heard.add(new Hello(node, 3, 4, stage, cluster, Members.NONE, ""));
    }

    private Roster roster() {
        return state.roster();
    }

    @Test
    void asksRaftOnceAndSettlesWhatItCameTo() {
        ticks();
        assertThat(group.asked).isEmpty();
        wish(D, 0);
        ticks();
        assertThat(group.asked).containsExactly("1: [1.1, 2.1, 3.1, 4.1]");
        votersAre(A, B, C, D);
        group.open.remove(0).succeeded(null);
        ticks();
        assertThat(roster().members()).containsExactly(A, B, C, D);
        assertThat(roster().change()).isNull();
        ticks();
        assertThat(group.asked).hasSize(1);
    }

    @Test
    void asksAgainWhatFailedAndAsTheNextLeader() {
        wish(D, 3);
        ticks();
        group.open.remove(0).failed(new RaftException.Busy("under way", 50));
        ticks();
        keeper.leading(false);
        group.open.remove(0).failed(new RaftException.OutcomeUnknown("deposed"));
        ticks();
        assertThat(group.asked).as("not as long as it does not lead").hasSize(2);
        keeper.leading(true);
        ticks();
        assertThat(group.asked).hasSize(3).containsOnly("1: [1.1, 2.1, 4.1]");
    }

    @Test
    void whatIsTakenBackIsAbortedAndSettledByWhatIsLeft() {
        wish(D, 0);
        ticks();
        wish(null, 4);
        ticks();
        assertThat(group.asked).containsExactly("1: [1.1, 2.1, 3.1, 4.1]", "abort");
        group.open.get(0).failed(new RaftException.ChangeRefused("aborted"));
        group.open.get(1).succeeded(null);
        ticks();
        assertThat(roster().members()).containsExactly(A, B, C);
        assertThat(roster().change()).isNull();
        assertThat(roster().hasLeft(4)).isTrue();
    }

    @Test
    void whatIsTakenBackTooLateIsTriedUntilRaftIsThroughAndStands() {
        wish(D, 0);
        ticks();
        wish(null, 4);
        ticks();
        group.open.get(1).failed(new RaftException.ChangeRefused("too late"));
        group.open.get(0).succeeded(null);
        votersAre(A, B, C, D);
        ticks();
        assertThat(roster().members()).containsExactly(A, B, C, D);
        assertThat(roster().change()).isNull();
    }

    @Test
    void followsARecoveryByHandAndMakesTheSurvivorsVoters() {
        ReplicaId source = A.replica(2);
        ReplicaId learner = B.replica(2);
        group.configuration = group.configuration.next(
                new TreeSet<>(Set.of(source)), new TreeSet<>(), new TreeSet<>(Set.of(learner)), 0);
        assertThat(keeper.mayServe())
                .as("what is lost would be given out again")
                .isFalse();
        ticks();
        assertThat(keeper.mayServe()).isTrue();
        assertThat(roster().members()).containsExactly(A, B);
        assertThat(group.proposals).as("once").isEqualTo(1);
        assertThat(group.asked).containsExactly("1: [1.2, 2.2]");
        group.configuration =
                group.configuration.next(new TreeSet<>(Set.of(source, learner)), new TreeSet<>(), new TreeSet<>(), 1);
        group.open.remove(0).succeeded(null);
        ticks();
        assertThat(roster().change()).isNull();
        wish(D, 0);
        ticks();
        assertThat(group.asked).last().isEqualTo("2: [1.2, 2.2, 4.1]");
        assertThat(group.proposals)
                .as("that, and what settled the change before")
                .isEqualTo(2);
    }

    @Test
    void nothingIsSettledWhileRaftDecidesWithTwoMajorities() {
        wish(D, 0);
        ticks();
        Configuration before = group.configuration;
        votersAre(A, B, C, D);
        group.configuration = before.next(group.configuration.voters(), before.voters(), new TreeSet<>(), 1);
        group.open.remove(0).succeeded(null);
        ticks();
        assertThat(roster().change()).isNotNull();
        assertThat(group.asked).as("asked again").hasSize(2);
    }

    @Test
    void understandsWhoIsMeant() {
        hear(D, Hello.Stage.FRESH, null);
        neighbours.reachable.add(4L);
        assertThat(keeper.plan("127.0.0.1:4", "")).isEqualTo(new Command.ChangeNodes(D, 0));
        assertThat(keeper.plan("4", "3")).isEqualTo(new Command.ChangeNodes(D, 3));
        assertThat(keeper.plan("127.0.0.1:2", "")).as("a member already").isEqualTo(new Command.ChangeNodes(B, 0));
        assertThat(keeper.plan("", "127.0.0.1:2")).isEqualTo(new Command.ChangeNodes(null, 2));
        assertThatThrownBy(() -> keeper.plan("", "127.0.0.1:9")).hasMessageStartingWith("REFUSED no coordinator node");
        assertThatThrownBy(() -> keeper.plan("127.0.0.1:9", ""))
                .hasMessageStartingWith("NOTREADY no new coordinator node");
        assertThat(neighbours.sought).containsExactly("127.0.0.1:9");
        assertThatThrownBy(() -> keeper.plan("127.0.0.1:3", "127.0.0.1:3"))
                .as("nobody new is there")
                .hasMessageStartingWith("NOTREADY");
        hear(new Node(5, "127.0.0.1:4", 0), Hello.Stage.FRESH, null);
        assertThatThrownBy(() -> keeper.plan("127.0.0.1:4", ""))
                .hasMessageContaining("2 new nodes say that they are at");
        Cluster other = new Cluster(new UUID(8, 8), "c", 4, List.of(D));
        hear(new Node(6, "127.0.0.1:6", 0), Hello.Stage.PROMISED, other);
        assertThatThrownBy(() -> keeper.plan("127.0.0.1:6", ""))
                .hasMessageContaining("promised itself to another cluster");
    }

    @Test
    void refusesWhatWouldLeaveNoLivingMajority() {
        neighbours.reachable.remove(3L);
        assertThatThrownBy(() -> keeper.plan("", "2"))
                .hasMessageStartingWith("REFUSED only 1 of 2 nodes would be alive")
                .hasMessageContaining("unreachable: 127.0.0.1:3 (node 3)");
        assertThat(keeper.plan("", "3")).as("the dead one may go").isEqualTo(new Command.ChangeNodes(null, 3));
        assertThat(keeper.plan("2", "")).as("nothing changes").isEqualTo(new Command.ChangeNodes(B, 0));
    }

    @Test
    void aMemberThatMovedIsFoundThereUnlessAnotherOneHasTheAddress() {
        hear(new Node(3, "127.0.0.1:33", 0), Hello.Stage.FORMED, CLUSTER);
        hear(new Node(2, "127.0.0.1:1", 0), Hello.Stage.FORMED, CLUSTER);
        ticks();
        assertThat(roster().node(3).address()).isEqualTo("127.0.0.1:33");
        assertThat(roster().node(2)).isEqualTo(B);
        assertThat(group.proposals).isEqualTo(1);
    }
}
