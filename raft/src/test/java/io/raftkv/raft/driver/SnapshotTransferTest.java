package io.raftkv.raft.driver;

import static org.assertj.core.api.Assertions.assertThat;

import io.raftkv.raft.ReplicaId;
import io.raftkv.raft.core.SnapshotMeta;
import io.raftkv.raft.driver.ManualNodes.Node;
import io.raftkv.raft.driver.ManualNodes.Outcome;
import io.raftkv.raft.driver.ManualNodes.Text;
import io.raftkv.raft.log.LogOptions;
import io.raftkv.raft.sim.Logs;
import io.raftkv.raft.sim.SimDisk;
import io.raftkv.raft.transport.Lane;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Three servers, of which the third was away for so long that it needs a snapshot. */
class SnapshotTransferTest {
    private static final int CHUNK = 100;

    @BeforeAll
    static void silence() {
        Logs.silence();
    }

    private final ManualNodes nodes = new ManualNodes();
    private final Map<Long, SimDisk> disks = new TreeMap<>();
    private final Map<Long, Node> servers = new TreeMap<>();
    private final Map<Long, Map<Long, Text>> states = new TreeMap<>();
    private final List<Long> groups = new ArrayList<>(List.of(1L));
    /** Each time a snapshot was begun or gone on with: where in its file. */
    private final List<Long> receivedFrom = new ArrayList<>();

    private final List<Long> installed = new ArrayList<>();
    private final List<Long> tookOne = new ArrayList<>();
    private final List<String> dropped = new ArrayList<>();
    private long pieces;
    private long mostPieces = Long.MAX_VALUE;

    SnapshotTransferTest() {
        nodes.raft = nodes.raft
                .with()
                .core(nodes.raft.core().with().lagBytes(0).build())
                .snapshotChunkBytes(CHUNK)
                .snapshotThresholdBytes(1 << 20)
                .build();
        nodes.log = LogOptions.small(64 << 10, failure -> {});
        nodes.link = (from, to, lane) -> lane == Lane.CONTROL || ++pieces <= mostPieces;
        for (long id = 1; id <= 3; id++) {
            disks.put(id, new SimDisk(id));
        }
    }

    private void start(long id) throws IOException {
        Node node = nodes.new Node(id, disks.get(id), new RaftObserver() {
            @Override
            public void snapshotReceiving(long groupId, ReplicaId self, SnapshotMeta meta, long offset) {
                receivedFrom.add(offset);
            }

            @Override
            public void snapshotInstalled(long groupId, ReplicaId self, SnapshotMeta meta) {
                installed.add(groupId);
            }

            @Override
            public void snapshotTaken(long groupId, ReplicaId self, SnapshotMeta meta) {
                tookOne.add(self.server());
            }

            @Override
            public void dropped(String why) {
                dropped.add(why);
            }
        });
        servers.put(id, node);
        states.put(id, new TreeMap<>());
        for (long group : groups) {
            Text text = new Text();
            states.get(id).put(group, text);
            node.open(group, text, 1, 2, 3);
        }
    }

    private void stop(long id) {
        servers.remove(id).die();
        disks.get(id).kill();
    }

    private Node leader(long group) {
        Node[] found = new Node[1];
        nodes.until("somebody leads group " + group, () -> {
            servers.values().stream().filter(node -> node.leads(group)).forEach(node -> found[0] = node);
            return found[0] != null;
        });
        return found[0];
    }

    private void append(long group, String text) {
        nodes.append(new ArrayList<>(servers.values()), group, text);
    }

    private void snapshot(Node node, long group) {
        Outcome outcome = new Outcome();
        node.group(group).takeSnapshot(outcome);
        nodes.until("a snapshot is taken", () -> outcome.value != null);
    }

    /** Servers 1 and 2 go on without 3 until what it needs is gone. */
    private void leaveBehind(int bytes) throws IOException {
        start(1);
        start(2);
        for (long group : groups) {
            append(group, "x".repeat(bytes));
            for (long id = 1; id <= 2; id++) {
                Text text = states.get(id).get(group);
                nodes.until("both have it", () -> text.text.length() == bytes);
                snapshot(servers.get(id), group);
            }
        }
    }

    /** Server 3 has received a part, and gets no more. */
    private void stopInTheMiddle() throws IOException {
        leaveBehind(5000);
        mostPieces = 30;
        start(3);
        nodes.advance(2000);
    }

    private void untilEqual(long group) {
        nodes.until(
                "server 3 has what the others have",
                () -> servers.containsKey(3L)
                        && servers.get(3L).group(group).status().commitIndex()
                                == leader(group).group(group).status().commitIndex()
                        && states.get(3L)
                                .get(group)
                                .text
                                .toString()
                                .contentEquals(states.get(leader(group).id).get(group).text));
    }

    @Test
    void travelsInTheBulkLaneAndSendsNothingTwice() throws IOException {
        leaveBehind(5000);
        start(3);
        untilEqual(1);
        assertThat(receivedFrom).containsExactly(0L);
        assertThat(pieces).as("a question and the chunks").isBetween(50L, 62L);
    }

    @Test
    void whatWasReceivedIsNotWrittenOnceMoreBeforeTheLogHasGrownAsLarge() throws IOException {
        nodes.raft = nodes.raft.with().snapshotThresholdBytes(1000).build();
        leaveBehind(5000);
        start(3);
        untilEqual(1);
        append(1, "y".repeat(3000));
        untilEqual(1);
        assertThat(installed).containsExactly(1L);
        assertThat(tookOne).doesNotContain(3L);
        append(1, "z".repeat(3000));
        nodes.until("it takes its own", () -> tookOne.contains(3L));
    }

    @Test
    void theLeaderTellsHowFarItIs() throws IOException {
        stopInTheMiddle();
        var sending = leader(1).group(1).status().sending();
        assertThat(sending.keySet()).extracting(ReplicaId::server).containsExactly(3L);
        assertThat(sending.values()).allSatisfy(progress -> {
            assertThat(progress.heldBytes()).isBetween(1000L, 3000L);
            assertThat(progress.totalBytes()).isGreaterThan(5000);
        });
        mostPieces = Long.MAX_VALUE;
        untilEqual(1);
        nodes.until(
                "it says that it is done",
                () -> leader(1).group(1).status().sending().isEmpty());
    }

    @Test
    void aReceiverThatStartsAgainGoesOnWhereItWas() throws IOException {
        stopInTheMiddle();
        stop(3);
        mostPieces = Long.MAX_VALUE;
        long before = pieces;
        start(3);
        untilEqual(1);
        assertThat(receivedFrom).hasSize(2);
        assertThat(receivedFrom.get(1)).isGreaterThan(2000);
        assertThat(pieces - before).isLessThan(40);
        assertThat(installed).containsExactly(1L);
    }

    @Test
    void aBrokenLinkCostsOnlyWhatWasUnderWay() throws IOException {
        leaveBehind(5000);
        mostPieces = 30;
        start(3);
        nodes.advance(20_000);
        mostPieces = pieces + 200;
        long before = pieces;
        untilEqual(1);
        assertThat(receivedFrom).containsExactly(0L);
        assertThat(pieces - before).isLessThan(40);
    }

    @Test
    void anotherLeaderWithTheSameFileGoesOn() throws IOException {
        stopInTheMiddle();
        long first = leader(1).id;
        stop(first);
        mostPieces = Long.MAX_VALUE;
        long before = pieces;
        // The other one needs the vote of a follower that has no snapshot yet.
        nodes.until("server 3 has it", () -> states.get(3L).get(1L).text.length() == 5000);
        assertThat(leader(1).id).isNotEqualTo(first);
        assertThat(receivedFrom).containsExactly(0L);
        assertThat(pieces - before).isLessThan(40);
    }

    @Test
    void theFirstLeaderGoesOnAfterItsRestart() throws IOException {
        stopInTheMiddle();
        long first = leader(1).id;
        stop(first);
        start(first);
        nodes.until("there is a leader", () -> leader(1) != null);
        mostPieces = Long.MAX_VALUE;
        long before = pieces;
        untilEqual(1);
        assertThat(receivedFrom).containsExactly(0L);
        assertThat(pieces - before).isLessThan(40);
    }

    @Test
    void aNewerSnapshotOfAnotherLeaderReplacesWhatWasReceived() throws IOException {
        stopInTheMiddle();
        Node first = leader(1);
        long second = 3 - first.id;
        append(1, "more");
        nodes.until("the other has it", () -> states.get(second).get(1L).text.length() == 5004);
        snapshot(servers.get(second), 1);
        stop(first.id);
        mostPieces = Long.MAX_VALUE;
        nodes.until("server 3 has it", () -> states.get(3L).get(1L).text.length() == 5004);
        assertThat(receivedFrom).containsExactly(0L, 0L);
        assertThat(disks.get(3L).list("snapshots/0000000000000001")).noneMatch(name -> name.endsWith(".part"));
    }

    @Test
    void theThrottleHoldsForAllTransfersTogether() throws IOException {
        groups.add(2L);
        nodes.snapshots = nodes.snapshots.with().bytesPerSecond(1000).build();
        leaveBehind(5000);
        start(3);
        long begin = nodes.nowNanos();
        untilEqual(1);
        untilEqual(2);
        double seconds = (nodes.nowNanos() - begin) / 1e9;
        int senders = leader(1).id == leader(2).id ? 1 : 2;
        assertThat(seconds).isBetween(9.0 / senders, 16.0);
    }

    @Test
    void aServerReceivesOneAfterTheOther() throws IOException {
        groups.addAll(List.of(2L, 3L, 4L));
        nodes.snapshots = nodes.snapshots.with().bytesPerSecond(5000).build();
        leaveBehind(3000);
        start(3);
        nodes.until("one begins", () -> !receivedFrom.isEmpty());
        while (installed.size() < 4) {
            assertThat(receivedFrom.size()).isBetween(installed.size(), installed.size() + 1);
            nodes.advance(10);
        }
        assertThat(installed).containsExactlyInAnyOrder(1L, 2L, 3L, 4L);
    }

    /** The log is cut as fast as it can be, and yet the follower needs one snapshot and not one after the other. */
    @Test
    void theLogWaitsForTheTransfer() throws IOException {
        nodes.raft = nodes.raft
                .with()
                .core(nodes.raft.core().with().lagBytes(100_000).build())
                .build();
        nodes.snapshots = nodes.snapshots.with().bytesPerSecond(2000).build();
        leaveBehind(5000);
        // Nobody waits for one that was silent for so long: it needs the snapshot.
        nodes.advance(61_000);
        append(1, "a");
        snapshot(leader(1), 1);
        start(3);
        nodes.until("it begins", () -> !receivedFrom.isEmpty());
        for (int i = 0; i < 20; i++) {
            append(1, "y".repeat(50));
            snapshot(leader(1), 1);
            nodes.advance(50);
        }
        assertThat(installed).isEmpty();
        untilEqual(1);
        assertThat(receivedFrom).containsExactly(0L);
        assertThat(installed).containsExactly(1L);
        // And then it goes.
        append(1, "z");
        untilEqual(1);
        snapshot(leader(1), 1);
        assertThat(leader(1).group(1).status().firstIndex())
                .isGreaterThan(leader(1).group(1).status().lastIndex() - 2);
        assertThat(disks.get(leader(1).id).list("snapshots/0000000000000001")).hasSize(1);
    }

    @Test
    void aDamagedFileIsRefusedAndTheNextOneTaken() throws IOException {
        leaveBehind(5000);
        Node leader = leader(1);
        String name = disks.get(leader.id).list("snapshots/0000000000000001").get(0);
        disks.get(leader.id).flipBit("snapshots/0000000000000001/" + name, 2500, 3);
        start(3);
        nodes.until("it is refused", () -> dropped.stream().anyMatch(why -> why.contains("not sound")));
        assertThat(installed).isEmpty();
        assertThat(states.get(3L).get(1L).text).isEmpty();
        append(1, "more");
        snapshot(leader(1), 1);
        untilEqual(1);
        assertThat(states.get(3L).get(1L).text).hasSize(5004);
    }

    /** Whatever the moment at which the receiver loses its power, it comes back with the old or the new state. */
    @Test
    void powerLostAtAnyMomentOfReceivingLeavesTheOldOrTheNew() throws IOException {
        int operation = 1;
        while (new SnapshotTransferTest().losesPowerAt(operation)) {
            operation++;
            assertThat(operation).as("operations of a transfer").isLessThan(200);
        }
        assertThat(operation).as("operations of a transfer").isGreaterThan(10);
    }

    /** Returns whether the transfer was still under way then. */
    private boolean losesPowerAt(int operation) throws IOException {
        leaveBehind(300);
        String whole = states.get(1L).get(1L).text.toString();
        SimDisk disk = disks.get(3L);
        start(3);
        disk.stopAt(disk.operations() + operation);
        nodes.advance(3000);
        boolean lost = disk.hasStopped();
        servers.remove(3L).die();
        nodes.failures.clear();
        disk.crash();
        start(3);
        assertThat(states.get(3L).get(1L).text.toString())
                .as("operation %d", operation)
                .isIn("", whole);
        untilEqual(1);
        return lost;
    }
}
