package io.raftkv.coordinator.state;

import static org.assertj.core.api.Assertions.assertThat;

import io.raftkv.raft.Bytes;
import io.raftkv.resp.RespValue;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The wishes for the coordinator's own nodes, and what becomes of them. */
class RosterTest {
    private static final Node A = node(1, "a:1");
    private static final Node B = node(2, "b:1");
    private static final Node C = node(3, "c:1");
    private static final Node D = node(4, "d:1");

    private final CoordinatorState state = new CoordinatorState(4, List.of(A, B, C), CoordinatorState.Observer.NONE);
    private long index;

    private static Node node(long id, String address) {
        return new Node(id, address, 7_000);
    }

    private RespValue apply(Command command) {
        Bytes bytes = CommandCodec.encode(new CommandCodec.Request(null, command));
        return state.apply(++index, 1_000 * index, bytes);
    }

    private long add(Node node) {
        return apply(new Command.ChangeNodes(node, 0)).asLong();
    }

    private long remove(long id) {
        return apply(new Command.ChangeNodes(null, id)).asLong();
    }

    private String refusal(Node joins, long leaves) {
        return apply(new Command.ChangeNodes(joins, leaves)).errorMessage();
    }

    private void settle(long version, Long... voters) {
        assertThat(apply(new Command.SettleNodes(version, List.of(voters)))).isEqualTo(RespValue.ok());
    }

    private Roster roster() {
        return state.roster();
    }

    @Test
    void afterARecoveryByHandOnlyTheSurvivorsAreMembers() {
        add(D);
        assertThat(apply(new Command.RecoverNodes(List.of(1L, 4L)))).isEqualTo(RespValue.ok());
        assertThat(roster().members()).containsExactly(A, D);
        assertThat(roster().wanted()).as("D too shall vote").containsExactly(A, D);
        assertThat(roster().version()).isEqualTo(2);
        assertThat(roster().hasLeft(2) && roster().hasLeft(3)).isTrue();
        assertThat(roster().describe(roster().change())).isEqualTo("the nodes that survived become voters again");
        assertThat(refusal(null, 4)).as("one after the other").contains("are being changed already");
        settle(2, 1L, 4L);
        assertThat(roster().change()).isNull();
        assertThat(remove(4)).isEqualTo(3);
    }

    @Test
    void afterARecoveryByHandNothingIsGivenOutAgain() {
        assertThat(apply(new Command.OpenSession("s", 1_000)).asList().get(0).asLong())
                .isEqualTo(1);
        apply(new Command.Elect(1, 3));
        apply(new Command.RecoverNodes(List.of(1L)));
        assertThat(state.sessions()).isEmpty();
        assertThat(state.hasEnded(1)).isTrue();
        assertThat(state.hasEnded(5)).as("given out by those that are lost").isTrue();
        long session =
                apply(new Command.OpenSession("s", 1_000)).asList().get(0).asLong();
        assertThat(session).isEqualTo(2 + (1 << 20));
        assertThat(apply(new Command.Elect(session, 4)).asList().get(0).asLong())
                .as("an epoch that may have been won")
                .isZero();
        assertThat(apply(new Command.Elect(session, 4 + (1 << 20)))
                        .asList()
                        .get(0)
                        .asLong())
                .isEqualTo(1);
        assertThat(state.map(-1).asMap().get("version").asLong()).isEqualTo(1 << 20);
    }

    @Test
    void aNodeIsAMemberOnceItsChangeIsSettled() {
        assertThat(add(D)).isEqualTo(1);
        assertThat(roster().members()).containsExactly(A, B, C);
        assertThat(roster().wanted()).containsExactly(A, B, C, D);
        assertThat(add(D)).as("asked for again").isEqualTo(1);
        settle(1, 1L, 2L, 3L, 4L);
        assertThat(roster().members()).containsExactly(A, B, C, D);
        assertThat(roster().change()).isNull();
        settle(1, 1L);
        assertThat(roster().members()).as("settled before").hasSize(4);
        assertThat(add(D)).as("a member already").isEqualTo(1);
    }

    @Test
    void aNodeThatLeftNeverComesBackUnderItsId() {
        assertThat(remove(3)).isEqualTo(1);
        assertThat(roster().wanted()).containsExactly(A, B);
        assertThat(roster().all()).as("it is one until that is through").containsExactly(A, B, C);
        settle(1, 1L, 2L);
        assertThat(remove(3)).as("asked for again").isEqualTo(1);
        assertThat(refusal(C, 0)).startsWith("REFUSED c:1 (node 3) left the cluster, and its id never comes back");
        assertThat(add(node(9, "c:1"))).isEqualTo(2);
    }

    @Test
    void anEmptiedFolderIsAnotherNodeAndMayTakeTheOldOnesPlace() {
        Node anew = node(9, "c:1");
        assertThat(refusal(anew, 0))
                .contains("c:1 (node 3) is a member at that address", "coordinator replace c:1 c:1");
        assertThat(apply(new Command.ChangeNodes(anew, 3)).asLong()).isEqualTo(1);
        assertThat(roster().wanted()).containsExactly(A, B, anew);
        assertThat(roster().named("c:1")).isEqualTo(anew);
        settle(1, 1L, 2L, 9L);
        assertThat(roster().members()).containsExactly(A, B, anew);
    }

    @Test
    void oneChangeAtATimeAndTheOppositeTakesItBack() {
        add(D);
        assertThat(refusal(null, 3))
                .startsWith("REFUSED the nodes are being changed already: d:1 (node 4) is being added")
                .contains("raftkv ctl coordinator remove d:1");
        assertThat(remove(4)).isEqualTo(1);
        assertThat(roster().change().takenBack()).isTrue();
        assertThat(roster().wanted()).containsExactly(A, B, C);
        assertThat(remove(4)).as("asked for again").isEqualTo(1);
        assertThat(refusal(D, 0)).contains("which is being taken back");
        settle(1, 1L, 2L, 3L);
        assertThat(roster().hasLeft(4)).isTrue();

        remove(3);
        assertThat(add(C)).as("it stays").isEqualTo(2);
        settle(2, 1L, 2L, 3L);
        assertThat(roster().members()).containsExactly(A, B, C);
        assertThat(roster().hasLeft(3)).isFalse();
    }

    @Test
    void whatIsTakenBackTooLateIsSettledAsItCame() {
        apply(new Command.ChangeNodes(D, 3));
        remove(4);
        settle(1, 1L, 2L, 4L);
        assertThat(roster().members()).containsExactly(A, B, D);
        assertThat(roster().hasLeft(3)).isTrue();
    }

    @Test
    void theLastNodeStaysAndTenAreTooMany() {
        for (long id = 3; id >= 2; id--) {
            settle(remove(id), id == 3 ? new Long[] {1L, 2L} : new Long[] {1L});
        }
        assertThat(refusal(null, 1)).contains("the last node cannot be removed");
        assertThat(refusal(null, 8)).contains("node 8 is no member");
        Long[] voters = {1L};
        for (long id = 11; id <= 18; id++) {
            voters = java.util.Arrays.copyOf(voters, voters.length + 1);
            voters[voters.length - 1] = id;
            settle(add(node(id, "n" + id + ":1")), voters);
        }
        assertThat(refusal(D, 0)).contains("there can be 9 nodes");
        assertThat(apply(new Command.ChangeNodes(D, 18)).isError()).isFalse();
    }

    @Test
    void nobodyIsSettledWhoIsNotKnown() {
        add(D);
        assertThat(apply(new Command.SettleNodes(1, List.of(1L, 77L))).errorMessage())
                .startsWith("REFUSED nobody knows");
        assertThat(roster().change()).isNotNull();
    }

    @Test
    void aNodeMayMoveToAFreeAddress() {
        assertThat(apply(new Command.MoveNode(node(3, "c:2")))).isEqualTo(RespValue.ok());
        assertThat(roster().node(3).address()).isEqualTo("c:2");
        assertThat(apply(new Command.MoveNode(node(3, "a:1"))).errorMessage())
                .contains("is the address of a:1 (node 1)");
        assertThat(apply(new Command.MoveNode(D)).errorMessage()).contains("is no member");
    }
}
