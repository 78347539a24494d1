package io.raftkv.raft.driver;

import static org.assertj.core.api.Assertions.assertThat;

import io.raftkv.raft.Bytes;
import io.raftkv.raft.RaftGroup;
import io.raftkv.raft.ReplicaId;
import io.raftkv.raft.SmallStateMachine;
import io.raftkv.raft.core.CoreOptions;
import io.raftkv.raft.core.SnapshotMeta;
import io.raftkv.raft.driver.ManualNodes.Node;
import io.raftkv.raft.driver.ManualNodes.Outcome;
import io.raftkv.raft.log.LogOptions;
import io.raftkv.raft.sim.SimDisk;
import io.raftkv.raft.transport.Lane;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

/** The files of the log stay few, whoever needs what is in the oldest. */
class LogTrimTest {
    private static final int MAX = 6;
    private static final long IDLE = 100;

    private final ManualNodes nodes = new ManualNodes();
    private final Map<Long, Integer> taken = new TreeMap<>();
    private final Map<Long, Digest> written = new TreeMap<>();
    private int segmentBytes = 4 << 10;
    private int most;
    private int installed;
    private long installedIndex;

    LogTrimTest() {
        // None of these groups would cut its log by itself.
        nodes.raft = RaftOptions.DEFAULT
                .with()
                .core(CoreOptions.DEFAULT.with().tailBytes(1 << 20).build())
                .snapshotThresholdBytes(1 << 20)
                .snapshotChunkBytes(4 << 10)
                .build();
        nodes.log = LogOptions.small(segmentBytes, failure -> {}).withMaxSegments(MAX);
    }

    /** Small, as the log may be as long as all snapshots; and equal only after the same texts in the same order. */
    private static final class Digest implements SmallStateMachine {
        long bytes;
        private long hash;
        Supplier<RuntimeException> onSave = () -> null;
        int savedBytes = 16;

        void add(String text) {
            bytes += text.length();
            hash = hash * 31 + text.hashCode();
        }

        @Override
        public Object apply(long index, long timeMs, Bytes command) {
            add(command.toUtf8());
            return bytes;
        }

        @Override
        public byte[] save() {
            RuntimeException failure = onSave.get();
            if (failure != null) {
                throw failure;
            }
            return ByteBuffer.allocate(savedBytes).putLong(bytes).putLong(hash).array();
        }

        @Override
        public void restore(byte[] state) {
            bytes = ByteBuffer.wrap(state).getLong();
            hash = ByteBuffer.wrap(state).getLong(8);
        }

        @Override
        public String toString() {
            return bytes + " bytes, " + hash;
        }
    }

    private Node start(long id, SimDisk disk) throws IOException {
        return nodes.new Node(id, disk, new RaftObserver() {
            @Override
            public void snapshotTaken(long groupId, ReplicaId self, SnapshotMeta meta) {
                taken.merge(groupId, 1, Integer::sum);
            }

            @Override
            public void snapshotInstalled(long groupId, ReplicaId self, SnapshotMeta meta) {
                installed++;
                installedIndex = meta.index();
            }
        });
    }

    private List<Node> startThree() throws IOException {
        return startThree(List.of(new SimDisk(1), new SimDisk(2), new SimDisk(3)));
    }

    private List<Node> startThree(List<SimDisk> disks) throws IOException {
        List<Node> servers = new ArrayList<>();
        for (long id = 1; id <= 3; id++) {
            servers.add(start(id, disks.get((int) id - 1)));
        }
        return servers;
    }

    /** A group of which each of the three has a replica; its snapshots have {@code savedBytes}. */
    private static List<Digest> openAtAll(List<Node> servers, long group, int savedBytes) throws IOException {
        List<Digest> texts = new ArrayList<>();
        for (Node server : servers) {
            Digest text = new Digest();
            text.savedBytes = savedBytes;
            texts.add(text);
            server.open(group, text, 1, 2, 3);
        }
        return texts;
    }

    private void append(List<Node> servers, long group, int bytes) {
        Digest text = written.computeIfAbsent(group, id -> new Digest());
        String more = ("<" + group + ":" + text.bytes + ">").repeat(bytes).substring(0, bytes);
        nodes.append(servers, group, more);
        text.add(more);
        servers.forEach(
                server -> most = Math.max(most, server.node.log().stats().segments()));
    }

    /** Each of {@code groups} in turn, until the log was filled so many times over. */
    private void fill(List<Node> servers, int groups, int files) {
        for (int i = 0; i < files * segmentBytes / 500; i++) {
            append(servers, 1 + i % groups, 500);
            // As long as a look at the log waits for the next.
            nodes.advance(20);
        }
    }

    private Node openAll(SimDisk disk, int groups, Map<Long, Digest> texts) throws IOException {
        Node node = start(1, disk);
        for (long id = 1; id <= groups; id++) {
            texts.put(id, new Digest());
            node.open(id, texts.get(id), 1);
        }
        texts.put(IDLE, new Digest());
        node.open(IDLE, texts.get(IDLE), 1);
        return node;
    }

    private void assertAllIsThere(SimDisk disk, int groups) throws IOException {
        Map<Long, Digest> texts = new TreeMap<>();
        Node node = openAll(disk, groups, texts);
        written.forEach((id, text) -> {
            nodes.until("group " + id + " is back", () -> node.leads(id));
            assertThat(texts.get(id)).as("group " + id).hasToString(text.toString());
        });
    }

    @Test
    void aGroupThatIsIdleKeepsNoFiles() throws IOException {
        SimDisk disk = new SimDisk(1);
        Node node = openAll(disk, 5, new TreeMap<>());
        for (int i = 0; i < 20; i++) {
            append(List.of(node), IDLE, 500);
        }
        assertThat(taken).as("while the log is short").isEmpty();
        fill(List.of(node), 5, 100);
        assertThat(most).isBetween(MAX, MAX + 3);
        assertThat(taken.get(IDLE)).isEqualTo(1);
        assertThat(node.group(IDLE).status().firstIndex())
                .isEqualTo(node.group(IDLE).status().lastIndex() + 1);
        assertThat(nodes.failures).isEmpty();
        node.die();
        disk.crash(SimDisk.Survival.NOTHING);
        assertAllIsThere(disk, 5);
    }

    @Test
    void withoutALimitItWouldKeepThemAll() throws IOException {
        nodes.log = nodes.log.withMaxSegments(1000);
        Node node = openAll(new SimDisk(1), 5, new TreeMap<>());
        for (int i = 0; i < 20; i++) {
            append(List.of(node), IDLE, 500);
        }
        fill(List.of(node), 5, 100);
        assertThat(most).isGreaterThan(100);
    }

    @Test
    void manyGroupsTakeTheirTurnsAndNoneTakesMoreThanTheLogGrows() throws IOException {
        SimDisk disk = new SimDisk(1);
        int groups = 60;
        // Each file begins with a line about each group, and with how it began until it was cut.
        segmentBytes = 32 << 10;
        nodes.log = nodes.log.withSegmentBytes(segmentBytes);
        Node node = openAll(disk, groups, new TreeMap<>());
        fill(List.of(node), groups, 40);
        long files = node.node.log().stats().bytesWritten() / segmentBytes;
        assertThat(most).isLessThanOrEqualTo(MAX + 3);
        // Once a group was cut, all that it holds is in the newest file.
        assertThat(taken.values()).allMatch(count -> count <= 1 + files / (MAX - 1));
        node.die();
        disk.crash(SimDisk.Survival.NOTHING);
        assertAllIsThere(disk, groups);
    }

    /** When one is written, the log is as long as the one before: that is no reason for yet another one. */
    @Test
    void aGroupThatIsWrittenToTakesOneSnapshotForEachThatTheLogGrowsBy() throws IOException {
        int savedBytes = 3 * MAX * segmentBytes;
        nodes.raft = nodes.raft
                .with()
                .core(nodes.raft.core().with().tailBytes(segmentBytes).build())
                .snapshotThresholdBytes(segmentBytes)
                .build();
        nodes.backgroundMs = 500;
        Node node = start(1, new SimDisk(1));
        Digest text = new Digest();
        text.savedBytes = savedBytes;
        node.open(1, text, 1);
        fill(List.of(node), 1, 30 * MAX);
        assertThat(taken.get(1L)).isBetween(8, 30 * MAX * segmentBytes / savedBytes + 1);
        assertThat(most * segmentBytes).isLessThan(2 * savedBytes);
    }

    @Test
    void aFollowerThatIsGoneKeepsNoFilesAndGetsASnapshotWhenItIsBack() throws IOException {
        List<Node> servers = startThree();
        List<Digest> texts = openAtAll(servers, IDLE, 16);
        openAtAll(servers, 1, 16);
        append(servers, IDLE, 10);
        append(servers, 1, 10);
        nodes.until("all have it", () -> texts.stream().allMatch(text -> text.bytes == 10));
        nodes.link = (from, to, lane) -> from != 3 && to != 3;
        List<Node> alive = servers.subList(0, 2);
        for (int i = 0; i < 20; i++) {
            append(alive, IDLE, 500);
        }
        fill(alive, 1, 40);
        assertThat(most).isBetween(MAX, MAX + 3);

        nodes.link = (from, to, lane) -> true;
        nodes.until("the third holds all", () -> texts.get(2).bytes == texts.get(0).bytes);
        assertThat(texts.get(2)).hasToString(written.get(IDLE).toString());
        assertThat(servers.get(2).group(IDLE).status().snapshotIndex()).isPositive();
        append(servers, IDLE, 10);
    }

    /** The third is sent a snapshot of group 1, of which so many messages arrive for now. Returns who sends it. */
    private Node beginTransfer(List<Node> servers, List<Digest> texts, int messages) {
        append(servers, 1, 10);
        nodes.until("all have it", () -> texts.stream().allMatch(text -> text.bytes == 10));
        nodes.link = (from, to, lane) -> from != 3 && to != 3;
        List<Node> alive = servers.subList(0, 2);
        fill(alive, 1, 3 * MAX);
        int[] left = {messages};
        nodes.link = (from, to, lane) -> to != 3 || lane != Lane.BULK || left[0]-- > 0;
        nodes.advance(1000);
        return alive.stream().filter(node -> node.leads(1)).findAny().orElseThrow();
    }

    /** Else a log that is written faster than snapshots travel would make the receiver ask for the next one for ever. */
    @Test
    void theLogMayBeLongerWhileASnapshotIsOnItsWay() throws IOException {
        List<Node> servers = startThree();
        List<Digest> texts = openAtAll(servers, 1, 2 * MAX * segmentBytes);
        List<Node> alive = servers.subList(0, 2);
        Node leader = beginTransfer(servers, texts, 4);
        long sent = leader.group(1).status().snapshotIndex();
        fill(alive, 1, 9 * MAX);
        nodes.link = (from, to, lane) -> true;
        nodes.until("the third holds all", () -> texts.get(2).bytes == texts.get(0).bytes);
        assertThat(installed).as("snapshots that it took").isEqualTo(1);
        assertThat(installedIndex).isEqualTo(sent);
        fill(servers, 1, MAX);
        nodes.advance(1000);
        assertThat(servers.get(0).node.log().stats().segments()).isLessThanOrEqualTo(MAX + 2);
    }

    /** A full disk would hold up all writes, and have no room for the snapshot that the log can be cut with. */
    @Test
    void aLogThatWaitsForATransferLeavesRoomOnTheDisk() throws IOException {
        nodes.log = nodes.log.withReserveBytes(segmentBytes);
        List<SimDisk> disks = List.of(new SimDisk(1), new SimDisk(2), new SimDisk(3));
        List<Node> servers = startThree(disks);
        List<Digest> texts = openAtAll(servers, 1, 2 * MAX * segmentBytes);
        List<Node> alive = servers.subList(0, 2);
        Node leader = beginTransfer(servers, texts, 0);
        fill(alive, 1, 4 * MAX);
        assertThat(leader.node.log().stats().segments()).isGreaterThan(3 * MAX);

        SimDisk full = disks.get((int) leader.id - 1);
        full.setCapacityBytes(full.usedBytes() + 10 * MAX * segmentBytes);
        fill(alive, 1, MAX);
        nodes.until("it cut its log", () -> leader.node.log().stats().segments() <= 2 * MAX + 2);
        append(alive, 1, 10);
        nodes.link = (from, to, lane) -> true;
        nodes.until("the third holds all", () -> texts.get(2).bytes == texts.get(0).bytes);
    }

    /** A look that finds the same again at once would never let {@link ManualNodes#run} end. */
    @Test
    void aGroupThatCannotBeCutIsAskedNowAndThenAndTheOthersGoOn() throws IOException {
        SimDisk disk = new SimDisk(1);
        Map<Long, Digest> texts = new TreeMap<>();
        Node node = openAll(disk, 2, texts);
        for (int i = 0; i < 20; i++) {
            append(List.of(node), IDLE, 500);
        }
        int[] asked = new int[1];
        texts.get(IDLE).onSave = () -> {
            asked[0]++;
            return new IllegalStateException("not now");
        };
        fill(List.of(node), 2, 20);
        long seconds = nodes.nowNanos() / 1_000_000_000L;
        assertThat(asked[0]).isBetween(1, (int) (seconds / 5 + 2));
        assertThat(most).isGreaterThan(MAX + 3);

        texts.get(IDLE).onSave = () -> null;
        nodes.advance(10_000);
        append(List.of(node), 1, 10);
        assertThat(node.node.log().stats().segments()).isLessThanOrEqualTo(MAX + 1);
    }

    @Test
    void smallSnapshotsDoNotPileUpWhileTheLogKeepsItsTail() throws IOException {
        SimDisk disk = new SimDisk(1);
        Node node = openAll(disk, 1, new TreeMap<>());
        RaftGroup group = node.group(1);
        for (int i = 0; i < 5; i++) {
            append(List.of(node), 1, 10);
            Outcome outcome = new Outcome();
            group.takeSnapshot(outcome);
            nodes.run();
            assertThat(outcome.value).isEqualTo(2L + i);
        }
        assertThat(group.status().firstIndex()).as("the tail").isEqualTo(1);
        assertThat(disk.list("snapshots/0000000000000001"))
                .as("the newest, and one in case that gets damaged")
                .containsExactlyInAnyOrder("0000000000000005.snap", "0000000000000006.snap");
    }
}
