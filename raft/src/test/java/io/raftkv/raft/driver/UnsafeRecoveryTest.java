package io.raftkv.raft.driver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.raftkv.raft.Configuration;
import io.raftkv.raft.ReplicaId;
import io.raftkv.raft.driver.ManualNodes.Node;
import io.raftkv.raft.driver.ManualNodes.Outcome;
import io.raftkv.raft.driver.ManualNodes.Text;
import io.raftkv.raft.driver.UnsafeRecovery.Plan;
import io.raftkv.raft.log.Disk;
import io.raftkv.raft.log.LogException;
import io.raftkv.raft.sim.SimDisk;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class UnsafeRecoveryTest {
    private static final long GROUP = 7;

    private final ManualNodes nodes = new ManualNodes();
    private final List<SimDisk> disks = new ArrayList<>();
    private Runnable whenJoint = () -> {};
    private final Map<Long, Text> texts = new HashMap<>();

    /** Servers 1 to n, all voters. */
    private List<Node> begin(int servers) throws IOException {
        long[] voters = new long[servers];
        Arrays.setAll(voters, i -> i + 1);
        List<Node> all = new ArrayList<>();
        for (int i = 0; i < servers; i++) {
            disks.add(new SimDisk(i));
            all.add(start(i + 1, voters));
        }
        return all;
    }

    private Node start(long server, long... voters) throws IOException {
        Node node = nodes.new Node(server, disks.get((int) server - 1), new RaftObserver() {
            @Override
            public void configurationChanged(long groupId, ReplicaId self, long index, Configuration configuration) {
                if (configuration.isJoint()) {
                    whenJoint.run();
                }
            }
        });
        Text text = new Text();
        texts.put(server, text);
        node.open(GROUP, text, voters);
        return node;
    }

    private void stop(List<Node> servers) {
        for (Node server : servers) {
            server.die();
            server.disk.crash();
        }
    }

    private static Plan recover(Disk... folders) throws IOException {
        UnsafeRecovery recovery = new UnsafeRecovery(List.of(folders));
        Plan plan = Objects.requireNonNull(recovery.plan(GROUP));
        recovery.execute(List.of(plan));
        return plan;
    }

    private static ReplicaId replica(long server, long incarnation) {
        return new ReplicaId(server, incarnation);
    }

    @Test
    void oneOfThreeGoesOnWithAllThatItHas() throws IOException {
        List<Node> servers = begin(3);
        nodes.append(servers, GROUP, "a");
        nodes.append(servers, GROUP, "x".repeat(2000));
        nodes.append(servers, GROUP, "b");
        nodes.until("all hold it", () -> texts.values().stream().allMatch(text -> text.text.length() == 2002));
        long last = servers.get(0).group(GROUP).status().lastIndex();
        stop(servers);

        Plan plan = recover(disks.get(0));

        assertThat(plan.lost()).containsExactly(replica(2, 1), replica(3, 1));
        assertThat(plan.source().lastIndex()).isEqualTo(last);
        assertThat(plan.knownCommitted())
                .isEqualTo(plan.source().snapshotIndex())
                .isPositive();
        assertThat(plan.after().voters()).containsExactly(replica(1, 2));
        assertThat(plan.after().retired()).isEqualTo(Map.of(1L, 1L, 2L, 1L, 3L, 1L));
        assertThat(new UnsafeRecovery(List.of(disks.get(0))).plan(GROUP)).isNull();

        Node one = start(1);
        nodes.until("it leads", () -> one.leads(GROUP));
        assertThat(texts.get(1L).text).hasToString("a" + "x".repeat(2000) + "b");
        assertThat(one.group(GROUP).self()).isEqualTo(replica(1, 2));
        nodes.append(List.of(one), GROUP, "c");
        stop(List.of(one));
        start(1);
        nodes.until("it is back", () -> texts.get(1L).text.toString().endsWith("bc"));
        assertThat(nodes.failures).isEmpty();
    }

    @Test
    void theSurvivorWithTheBestLogIsTakenAndTheOthersAreFilledFromIt() throws IOException {
        List<Node> servers = begin(5);
        nodes.append(servers, GROUP, "a");
        nodes.until("all hold it", () -> texts.values().stream().allMatch(text -> text.text.length() == 1));
        nodes.link = (from, to, lane) -> from != 1 && to != 1;
        nodes.append(servers.subList(1, 5), GROUP, "only four have it");
        nodes.until("the second has it", () -> texts.get(2L).text.length() > 1);
        nodes.link = (from, to, lane) -> true;
        stop(servers);

        Plan plan = recover(disks.get(0), disks.get(1));

        assertThat(plan.source().id()).isEqualTo(replica(2, 1));
        assertThat(plan.lost()).containsExactly(replica(3, 1), replica(4, 1), replica(5, 1));
        assertThat(plan.after().voters()).containsExactly(replica(2, 2));
        assertThat(plan.after().learners()).containsExactly(replica(1, 2));
        assertThat(new UnsafeRecovery(List.of(disks.get(1), disks.get(0))).plan(GROUP))
                .isNull();

        Node one = start(1);
        Node two = start(2);
        nodes.until("the learner has it all", () -> texts.get(1L).text.length() == 18);
        assertThat(texts.get(1L).text).hasToString("aonly four have it");
        Outcome promoted = new Outcome();
        two.group(GROUP).changeMembers(new TreeSet<>(List.of(replica(1, 2), replica(2, 2))), 0, promoted);
        nodes.until("it is a voter", () -> promoted.done);
        assertThat(promoted.failure).isNull();
        nodes.append(List.of(one, two), GROUP, "!");
        assertThat(nodes.failures).isEmpty();
    }

    @Test
    void aChangeOfMembersThatWasUnderWayIsGivenUp() throws IOException {
        List<Node> servers = begin(3);
        disks.add(new SimDisk(3));
        start(4);
        nodes.append(servers, GROUP, "a");
        Node leader =
                servers.stream().filter(node -> node.leads(GROUP)).findFirst().orElseThrow();
        // Its entry reaches nobody.
        whenJoint = () -> nodes.link = (from, to, lane) -> false;
        leader.group(GROUP)
                .changeMembers(new TreeSet<>(List.of(replica(1, 1), replica(2, 1), replica(4, 1))), 3, new Outcome());
        nodes.until(
                "it is joint",
                () -> leader.group(GROUP).status().configuration().isJoint());
        stop(servers);

        Plan plan = recover(disks.get((int) leader.id - 1));

        assertThat(plan.before().isJoint()).isTrue();
        assertThat(plan.after().isJoint()).isFalse();
        assertThat(plan.after().members()).containsExactly(replica(leader.id, 2));
        assertThat(plan.after().retired()).containsOnlyKeys(1L, 2L, 3L, 4L);
        assertThat(plan.after().mapVersion()).isEqualTo(3);
        Node again = start(leader.id);
        nodes.until("it leads", () -> again.leads(GROUP));
        assertThat(texts.get(leader.id).text).hasToString("a");
    }

    @Test
    void theLostOnesGiveUpWhenTheyComeBack() throws IOException {
        List<Node> servers = begin(3);
        nodes.append(servers, GROUP, "a");
        nodes.until("all hold it", () -> texts.values().stream().allMatch(text -> text.text.length() == 1));
        stop(servers);
        // They go on without the one that is to be recovered, as they are a majority, and nothing keeps them from it.
        Node two = start(2);
        Node three = start(3);
        nodes.append(List.of(two, three), GROUP, "b");

        recover(disks.get(0));
        Node one = start(1);
        nodes.until("it leads", () -> one.leads(GROUP));
        nodes.append(List.of(one), GROUP, "c");
        // No longer than a heartbeat reaches it.
        nodes.advance(500);
        assertThat(List.of(two, three)).noneMatch(node -> node.leads(GROUP));
        nodes.advance(30_000);
        for (Node old : List.of(two, three)) {
            assertThat(old.group(GROUP).leader()).isNull();
            assertThat(nodes.propose(old.group(GROUP), "never").failure).isNotNull();
        }
        // Nor when they start again, and have something newer than the one that was recovered.
        stop(List.of(two, three));
        Node twoAgain = start(2);
        Node threeAgain = start(3);
        nodes.advance(30_000);
        assertThat(List.of(twoAgain, threeAgain)).noneMatch(node -> node.leads(GROUP));
        assertThat(one.leads(GROUP)).isTrue();
        assertThat(texts.get(1L).text).hasToString("ac");
        nodes.append(List.of(one), GROUP, "d");
        assertThat(nodes.failures).isEmpty();
    }

    /** The log no longer says who left: the configuration in the snapshot does. */
    @Test
    void theLostOnesAreToldThoughTheLogWasCut() throws IOException {
        List<Node> servers = begin(3);
        nodes.append(servers, GROUP, "a");
        stop(servers);
        recover(disks.get(0));
        Node one = start(1);
        nodes.until("it leads", () -> one.leads(GROUP));
        nodes.append(List.of(one), GROUP, "x".repeat(2000));
        assertThat(one.group(GROUP).status().firstIndex())
                .isEqualTo(one.group(GROUP).status().lastIndex() + 1);
        stop(List.of(one));
        Node again = start(1);
        nodes.until("it leads", () -> again.leads(GROUP));

        Node two = start(2);
        Node three = start(3);
        nodes.advance(10_000);
        assertThat(List.of(two, three)).noneMatch(node -> node.leads(GROUP));
        assertThat(two.group(GROUP).leader()).isNull();
        assertThat(again.leads(GROUP)).isTrue();
    }

    @Test
    void aStopAtAnyMomentLeavesTheOldOrTheNewGroupAndASecondRunCompletesIt() throws IOException {
        int decided = 0;
        int undecided = 0;
        boolean ended = false;
        for (int operation = 1; !ended; operation++) {
            for (int stopped = 0; stopped < 2; stopped++) {
                UnsafeRecoveryTest run = new UnsafeRecoveryTest();
                List<Node> servers = run.begin(4);
                run.nodes.append(servers, GROUP, "a" + "x".repeat(1500));
                run.nodes.append(servers, GROUP, "b");
                run.nodes.until(
                        "all hold it", () -> run.texts.values().stream().allMatch(text -> text.text.length() == 1502));
                run.stop(servers);
                SimDisk disk = run.disks.get(stopped);
                disk.stopAt(disk.operations() + operation);
                boolean complete = true;
                try {
                    recover(run.disks.get(0), run.disks.get(1));
                } catch (IOException e) {
                    assertThat(disk.hasStopped()).as(e.toString()).isTrue();
                    complete = false;
                }
                ended |= complete && stopped == 0;
                run.disks.subList(0, 2).forEach(SimDisk::crash);

                UnsafeRecovery second = new UnsafeRecovery(List.of(run.disks.get(0), run.disks.get(1)));
                Plan rest = second.plan(GROUP);
                if (rest != null) {
                    decided += rest.isUndecided() ? 0 : 1;
                    undecided += rest.isUndecided() ? 1 : 0;
                    second.execute(List.of(rest));
                }
                assertThat(new UnsafeRecovery(List.of(run.disks.get(0), run.disks.get(1))).plan(GROUP))
                        .isNull();
                String where = "operation " + operation + " of disk " + stopped;
                Node one = run.start(1);
                Node two = run.start(2);
                run.nodes.until(
                        where + ": both hold it",
                        () -> run.texts.get(1L).text.length() == 1502
                                && run.texts.get(2L).text.length() == 1502);
                run.nodes.append(List.of(one, two), GROUP, "c");
                assertThat(List.of(one.group(GROUP).self(), two.group(GROUP).self()))
                        .as(where)
                        .containsExactly(replica(1, 2), replica(2, 2));
                assertThat(run.nodes.failures).as(where).isEmpty();
            }
        }
        assertThat(undecided).as("stopped before it was decided").isPositive();
        assertThat(decided).as("stopped after it was decided").isPositive();
    }

    @Test
    void whoLostSomethingIsTakenOnlyIfThereIsNobodyElse() throws IOException {
        List<Node> servers = begin(5);
        nodes.append(servers, GROUP, "a");
        nodes.until("all hold it", () -> texts.values().stream().allMatch(text -> text.text.length() == 1));
        stop(servers);
        new RecoveryMarks(disks.get(0)).mark(List.of(GROUP), "as if something had been damaged");
        UnsafeRecovery both = new UnsafeRecovery(List.of(disks.get(0), disks.get(1)));
        assertThat(Objects.requireNonNull(both.plan(GROUP)).source().id()).isEqualTo(replica(2, 1));

        Plan plan = recover(disks.get(0));
        assertThat(plan.source().isRecovering()).isTrue();
        Node one = start(1);
        nodes.until("it leads", () -> one.leads(GROUP));
        assertThat(texts.get(1L).text).hasToString("a");
    }

    @Test
    void aGroupThatHasItsMajorityIsLeftAlone() throws IOException {
        List<Node> servers = begin(3);
        nodes.append(servers, GROUP, "a");
        stop(servers);
        long operations = disks.get(0).operations();
        assertThat(new UnsafeRecovery(List.of(disks.get(0), disks.get(1))).plan(GROUP))
                .isNull();
        UnsafeRecovery one = new UnsafeRecovery(List.of(disks.get(0)));
        assertThat(one.plan(GROUP)).isNotNull();
        assertThat(one.groups()).containsExactly(GROUP);
        assertThat(one.plan(8)).isNull();
        assertThat(disks.get(0).operations()).as("a plan writes nothing").isEqualTo(operations);
    }

    @Test
    void refusesFoldersThatAreInUseOrDamagedOrTheSame() throws IOException {
        List<Node> servers = begin(3);
        nodes.append(servers, GROUP, "a");
        assertThatThrownBy(() -> new UnsafeRecovery(List.of(disks.get(0))))
                .isInstanceOf(LogException.class)
                .hasMessageContaining("in use");
        stop(servers);
        assertThatThrownBy(() -> new UnsafeRecovery(List.of(disks.get(0), disks.get(0))))
                .hasMessageContaining("of the same server");
        UnsafeRecovery outdated = new UnsafeRecovery(List.of(disks.get(0)));
        Plan plan = Objects.requireNonNull(outdated.plan(GROUP));
        recover(disks.get(0));
        assertThatThrownBy(() -> outdated.execute(List.of(plan))).hasMessageContaining("changed since it was read");
    }
}
