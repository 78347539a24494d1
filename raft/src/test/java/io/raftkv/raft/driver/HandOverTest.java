package io.raftkv.raft.driver;

import static org.assertj.core.api.Assertions.assertThat;

import io.raftkv.raft.Bytes;
import io.raftkv.raft.Configuration;
import io.raftkv.raft.RaftException;
import io.raftkv.raft.ReplicaId;
import io.raftkv.raft.core.Effect.HandsOver.Motive;
import io.raftkv.raft.sim.SimDisk;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** Leaders that give way: to those who are preferred, and before their server is stopped. */
class HandOverTest {
    private static final int GROUPS = 6;

    private final ManualNodes nodes = new ManualNodes();
    private final List<ManualNodes.Node> all = new ArrayList<>();
    /** By server, the groups that are on their way to a preferred leader. */
    private final Map<Long, Set<Long>> underWay = new TreeMap<>();

    private int handOvers;

    private final class Watch implements RaftObserver {
        private final Set<Long> groups = new TreeSet<>();

        Watch(long server) {
            underWay.put(server, groups);
        }

        @Override
        public void handsOver(long groupId, ReplicaId self, ReplicaId to, Motive motive) {
            if (motive != Motive.PREFERRED) {
                return;
            }
            assertThat(groups).as("hand-overs under way when another begins").isEmpty();
            groups.add(groupId);
            handOvers++;
        }

        @Override
        public void steppedDown(long groupId, ReplicaId self, long term) {
            groups.remove(groupId);
        }
    }

    private void start(long... voters) throws IOException {
        for (long id = 1; id <= 3; id++) {
            ManualNodes.Node node = nodes.new Node(id, new SimDisk(id), new Watch(id));
            all.add(node);
            for (long group = 1; group <= GROUPS; group++) {
                node.open(group, new ManualNodes.Text(), voters);
            }
        }
    }

    private ManualNodes.Node node(long id) {
        return all.get((int) id - 1);
    }

    private void prefer(long group, long server) {
        all.forEach(node -> node.group(group).preferLeader(new ReplicaId(server, 1)));
    }

    private void untilAllAreLedBy(long server) {
        nodes.until("server " + server + " leads all groups", () -> {
            for (long group = 1; group <= GROUPS; group++) {
                if (!node(server).leads(group)) {
                    return false;
                }
            }
            return true;
        });
    }

    private void startAllLedBy(long server) throws IOException {
        start(1, 2, 3);
        for (long group = 1; group <= GROUPS; group++) {
            prefer(group, server);
        }
        untilAllAreLedBy(server);
    }

    private long led(long server) {
        return node(server).groups.values().stream()
                .filter(group -> group.isLeader())
                .count();
    }

    private CompletableFuture<Integer> handOver(long server, int timeoutMs) {
        CompletableFuture<Integer> ended =
                node(server).node.handOverLeadership(timeoutMs).toCompletableFuture();
        nodes.run();
        return ended;
    }

    @Test
    void preferredReplicasLeadFromTheStartAndWhenItIsSaidLater() throws Exception {
        start(1, 2, 3);
        for (long group = 1; group <= GROUPS; group++) {
            prefer(group, 1 + group % 3);
        }
        nodes.advance(500);
        for (long group = 1; group <= GROUPS; group++) {
            assertThat(node(1 + group % 3).leads(group)).isTrue();
        }
        assertThat(handOvers).isZero();

        for (long group = 1; group <= GROUPS; group++) {
            prefer(group, 3);
        }
        untilAllAreLedBy(3);
        assertThat(handOvers).isEqualTo(GROUPS - 2);
        assertThat(nodes.failures).isEmpty();
    }

    @Test
    void aPreferredReplicaThatWasAwayGetsItsGroupsBack() throws Exception {
        startAllLedBy(2);
        nodes.link = (from, to, lane) -> from != 2 && to != 2;
        nodes.until("others lead", () -> led(1) + led(3) == GROUPS);
        nodes.link = (from, to, lane) -> true;
        untilAllAreLedBy(2);
        assertThat(nodes.failures).isEmpty();
    }

    @Test
    void handsOverAllThatItLeadsAndTakesNothingMeanwhile() throws Exception {
        startAllLedBy(1);
        CompletableFuture<Integer> ended = node(1).node.handOverLeadership(5000).toCompletableFuture();
        nodes.until("it has handed over", ended::isDone);
        assertThat(ended).isCompletedWithValue(0);
        assertThat(led(1)).isZero();
        assertThat(led(2)).as("its heirs are spread").isPositive();
        nodes.until("all are led", () -> led(2) + led(3) == GROUPS);

        // Afterwards it may lead again, and as the preferred one it will.
        untilAllAreLedBy(1);
        assertThat(nodes.failures).isEmpty();
    }

    @Test
    void whatADeposedLeaderHadTakenIsAnsweredWhenTheNextOneCommitsIt() throws Exception {
        start(1, 2, 3);
        prefer(1, 1);
        nodes.until("server 1 leads", () -> node(1).leads(1));
        // Its entry reaches the others, and no word of that comes back.
        nodes.link = (from, to, lane) -> to != 1;
        ManualNodes.Outcome taken = nodes.propose(node(1).group(1), "x");
        // Now it hears them, and they do not hear it.
        nodes.link = (from, to, lane) -> from != 1;
        nodes.until("another one leads", () -> node(2).leads(1) || node(3).leads(1));
        assertThat(taken.failure).isNull();
        nodes.until("it is answered", () -> taken.done);
        assertThat(taken.failure).isNull();
        assertThat(nodes.failures).isEmpty();
    }

    /** It applies one entry per turn, so that it is told that it left while it still has much to answer. */
    @Test
    void whatALeaderThatLeavesHadTakenIsAnsweredWhenTheNextOneCommitsIt() throws Exception {
        nodes.raft = nodes.raft.with().maxBatchCommands(1).applyBudgetBytes(1).build();
        List<ManualNodes.Outcome> taken = new ArrayList<>();
        List<Boolean> answeredWhenItLeft = new ArrayList<>();
        RaftObserver watch = new RaftObserver() {
            private long joint = Long.MAX_VALUE;

            @Override
            public void configurationChanged(long groupId, ReplicaId self, long index, Configuration configuration) {
                joint = configuration.isJoint() ? index : Long.MAX_VALUE;
            }

            @Override
            public void committed(long groupId, ReplicaId self, long commitIndex) {
                for (int i = 0; commitIndex == joint && i < 50; i++) {
                    ManualNodes.Outcome outcome = new ManualNodes.Outcome();
                    taken.add(outcome);
                    node(1).group(groupId).propose(Bytes.utf8("x"), outcome);
                }
            }

            @Override
            public void handsOver(long groupId, ReplicaId self, ReplicaId to, Motive motive) {
                // Its heir is one of two whose answers it needs.
                nodes.link = (from, target, lane) -> target != 1 || from == to.server();
            }

            @Override
            public void removed(long groupId, ReplicaId self, long index) {
                taken.forEach(outcome -> answeredWhenItLeft.add(outcome.done));
            }
        };
        for (long id = 1; id <= 3; id++) {
            all.add(nodes.new Node(id, new SimDisk(id), id == 1 ? watch : RaftObserver.NONE));
            node(id).open(1, new ManualNodes.Text(), 1, 2, 3);
        }
        prefer(1, 1);
        nodes.until("server 1 leads", () -> node(1).leads(1));
        node(1).group(1).changeMembers(ManualNodes.members(2, 3), 1, new ManualNodes.Outcome());
        nodes.until("it has left", () -> !answeredWhenItLeft.isEmpty());
        nodes.until("all is answered", () -> taken.stream().allMatch(outcome -> outcome.done));
        assertThat(answeredWhenItLeft).hasSize(50).contains(false);
        assertThat(taken).allSatisfy(outcome -> assertThat(outcome.failure).isNull());
        assertThat(nodes.failures).isEmpty();
    }

    @Test
    void takesNoLeadershipBeforeItHasEnded() throws Exception {
        startAllLedBy(1);
        // It never hears who leads after it.
        nodes.link = (from, to, lane) -> to != 1;
        CompletableFuture<Integer> ended = handOver(1, 1000);
        long another = GROUPS + 1;
        node(1).open(another, new ManualNodes.Text(), 1).preferLeader(new ReplicaId(1, 1));
        nodes.advance(990);
        assertThat(ended).isNotDone();
        assertThat(node(1).leads(another)).isFalse();
        nodes.advance(20);
        assertThat(ended).isCompletedWithValue(GROUPS);
        nodes.until("it leads the group of which it is the only voter", () -> node(1).leads(another));
        assertThat(nodes.failures).isEmpty();
    }

    @Test
    void givesUpWhenItsTimeIsOver() throws Exception {
        startAllLedBy(1);
        nodes.link = (from, to, lane) -> false;
        CompletableFuture<Integer> ended = handOver(1, 300);
        assertThat(ended).isNotDone();
        ManualNodes.Outcome refused = nodes.propose(node(1).group(1), "x");
        assertThat(refused.failure).isInstanceOf(RaftException.Busy.class);
        nodes.advance(310);
        assertThat(ended).isCompletedWithValue(GROUPS);
        assertThat(nodes.failures).isEmpty();
    }

    /** As when its disk fails meanwhile. */
    @Test
    void groupsThatAreClosedMeanwhileWereNotHandedOver() throws Exception {
        startAllLedBy(1);
        nodes.link = (from, to, lane) -> false;
        CompletableFuture<Integer> ended = handOver(1, 10_000);
        for (long group = 1; group <= GROUPS; group++) {
            assertThat(ended).isNotDone();
            node(1).node.closeGroup(group);
        }
        assertThat(ended).isCompletedWithValue(GROUPS);
    }

    @Test
    void whoIsAloneGoesOnLeading() throws Exception {
        ManualNodes.Node alone = nodes.new Node(1, new SimDisk(1), RaftObserver.NONE);
        all.add(alone);
        alone.open(1, new ManualNodes.Text(), 1);
        nodes.until("it leads", () -> alone.leads(1));
        assertThat(handOver(1, 10_000)).isCompletedWithValue(1);
        assertThat(nodes.propose(alone.group(1), "x").failure).isNull();

        alone.node.closeGroup(1);
        assertThat(handOver(1, 10_000)).isCompletedWithValue(0);
    }
}
