package io.raftkv.coordinator.bootstrap;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.raftkv.coordinator.bootstrap.Hello.Stage;
import io.raftkv.coordinator.state.Node;
import io.raftkv.raft.log.FileDisk;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** How clusters are founded, and how they are not. */
class BootstrapTest {
    @TempDir
    private Path folder;

    private final TreeMap<Integer, Bootstrap> nodes = new TreeMap<>();
    private long now = 1;
    private long lastUuid;

    private Bootstrap start(int id, int clusterSize, String... members) {
        try {
            NodeFiles files = new NodeFiles(new FileDisk(folder.resolve("n" + id)));
            assertThat(files.nodeId(id)).isEqualTo(id);
            Bootstrap.Wish wish = new Bootstrap.Wish("c", clusterSize, 16, List.of(members));
            Bootstrap node =
                    new Bootstrap(new Node(id, address(id), 60_000 + id), wish, files, () -> new UUID(7, ++lastUuid));
            nodes.put(id, node);
            return node;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String address(int id) {
        return "127.0.0.1:" + (50_000 + id);
    }

    /** {@code to} hears {@code from}, by way of the bytes. */
    private void tell(int from, int to) {
        try {
            nodes.get(to).hear(Hello.decode(nodes.get(from).hello().encode()), now);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void tellAll(int rounds) {
        for (int i = 0; i < rounds; i++) {
            for (int from : nodes.keySet()) {
                for (int to : nodes.keySet()) {
                    tell(from, to);
                }
            }
        }
    }

    private Set<UUID> clusters() {
        return nodes.values().stream()
                .filter(node -> node.formed() != null)
                .map(node -> node.formed().id())
                .collect(Collectors.toSet());
    }

    @Test
    void oneNodeFoundsAloneIfThatIsItsSize() throws IOException {
        Bootstrap alone = start(1, 1);
        assertThat(alone.proceed(now)).isTrue();
        assertThat(alone.formed()).isNotNull();
    }

    @Test
    void threeNodesFoundOneCluster() {
        start(3, 3);
        start(1, 3);
        start(2, 3);
        tellAll(4);
        assertThat(clusters()).hasSize(1);
        assertThat(nodes.values()).allSatisfy(node -> assertThat(node.formed()).isNotNull());
        assertThat(nodes.get(1).formed().nodes())
                .extracting(Node::address)
                .containsExactly(address(1), address(2), address(3));
        assertThat(nodes.get(1).waitingFor()).isEmpty();
    }

    @Test
    void twoOfThreeWait() {
        start(1, 3);
        start(2, 3);
        tellAll(4);
        assertThat(clusters()).isEmpty();
        assertThat(nodes.get(2).hello().stage()).isEqualTo(Stage.FRESH);
        assertThat(nodes.get(2).waitingFor()).isEqualTo("majority: 2 of 3 new coordinator nodes are here");
    }

    @Test
    void aNodeThatWentAwayDoesNotCount() {
        start(1, 3);
        start(2, 3);
        tell(1, 2);
        tell(2, 1);
        now += 4_000_000_000L;
        start(3, 3);
        tell(3, 1);
        assertThat(nodes.get(1).hello().stage()).isEqualTo(Stage.FRESH);
        tell(2, 1);
        assertThat(nodes.get(1).hello().stage()).isEqualTo(Stage.PROMISED);
    }

    @Test
    void oneNodeTooManySaysSoAndIsLeftOut() {
        for (int id = 1; id <= 4; id++) {
            start(id, 3);
        }
        tell(1, 4);
        tell(2, 4);
        tell(3, 4);
        assertThat(nodes.get(4).hello().stage()).isEqualTo(Stage.FRESH);
        assertThat(nodes.get(4).waitingFor()).contains("4 new nodes are here for a cluster of 3");
        tell(2, 1);
        tell(3, 1);
        tellAll(4);
        assertThat(clusters()).hasSize(1);
        assertThat(nodes.get(4).formed()).isNull();
    }

    @Test
    void twoListsThatShareANodeNeverBothCount() {
        for (int id = 1; id <= 4; id++) {
            start(id, 3);
        }
        tell(3, 2);
        tell(4, 2);
        tell(3, 1);
        tell(4, 1);
        assertThat(nodes.get(1).waitingFor()).startsWith("the promise of");
        tellAll(4);
        assertThat(clusters()).hasSizeLessThanOrEqualTo(1);
    }

    @Test
    void aPromiseHoldsAcrossARestart() {
        start(1, 3);
        start(2, 3);
        start(3, 3);
        tell(2, 1);
        tell(3, 1);
        tell(1, 2);
        Cluster list = nodes.get(2).hello().cluster();
        assertThat(list).isNotNull();
        start(1, 3);
        start(2, 3);
        start(3, 3);
        assertThat(nodes.get(2).hello().cluster()).isEqualTo(list);
        tellAll(4);
        assertThat(clusters()).containsExactly(list.id());
    }

    @Test
    void aFormedNodeNeedsNobodyToKnowItsClusterAgain() {
        start(1, 3);
        start(2, 3);
        start(3, 3);
        tellAll(4);
        Cluster cluster = nodes.get(2).formed();
        nodes.clear();
        assertThat(start(2, 5).formed()).isEqualTo(cluster);
    }

    @Test
    void aFreshNodeThatMeetsAFormedClusterWaitsToBeAdded() {
        start(1, 3);
        start(2, 3);
        start(3, 3);
        tellAll(4);
        start(9, 3);
        tellAll(4);
        assertThat(nodes.get(9).formed()).isNull();
        assertThat(nodes.get(9).waitingFor())
                .startsWith("this node 9 at 127.0.0.1:50009 is not a member of the cluster of this name");
    }

    @Test
    void aFreshNodeJoinsOnceAMemberNamesItAndKnowsTheOthersAfterARestart() throws IOException {
        start(1, 1);
        nodes.get(1).proceed(now);
        Cluster cluster = nodes.get(1).formed();
        start(9, 3);
        tell(1, 9);
        assertThat(nodes.get(9).waitingFor())
                .contains(cluster.id() + " of " + address(1) + "; to make it one: raftkv ctl coordinator add "
                        + address(9));
        assertThat(nodes.get(9).members().addresses()).isEqualTo(address(1));
        Node self = nodes.get(9).hello().node();
        Members both = new Members(1, List.of(nodes.get(1).hello().node(), self));
        nodes.get(1).membersAre(both);
        tell(1, 9);
        assertThat(nodes.get(9).formed()).isEqualTo(cluster);
        assertThat(nodes.get(9).formed().names(9)).as("it founded nothing").isFalse();
        assertThat(start(9, 3).members()).isEqualTo(both);
        assertThat(start(1, 1).members()).isEqualTo(both);
    }

    @Test
    void aNodeThatPromisedItselfToAnotherClusterDoesNotJoin() throws IOException {
        start(2, 3);
        start(3, 3);
        start(4, 3);
        tell(3, 2);
        tell(4, 2);
        assertThat(nodes.get(2).hello().stage()).isEqualTo(Stage.PROMISED);
        start(1, 1);
        nodes.get(1).proceed(now);
        nodes.get(1)
                .membersAre(new Members(
                        1,
                        List.of(
                                nodes.get(1).hello().node(),
                                nodes.get(2).hello().node())));
        tell(1, 2);
        assertThat(nodes.get(2).formed()).isNull();
    }

    @Test
    void aNodeThatLeftIsNotStartedAgain() throws IOException {
        NodeFiles files = new NodeFiles(new FileDisk(folder.resolve("n1")));
        files.nodeId(5);
        files.checkNotRemoved(5, "a:1");
        files.removed();
        files.removed();
        assertThatThrownBy(() -> files.checkNotRemoved(5, "a:1"))
                .hasMessageContaining("node 5 was removed from its cluster")
                .hasMessageContaining("raftkv ctl coordinator add a:1");
    }

    @Test
    void nodesThatWantDifferentClustersFoundNone() {
        start(1, 3);
        start(2, 3);
        start(3, 2);
        tellAll(4);
        assertThat(clusters()).isEmpty();
    }

    @Test
    void listedMembersFoundWithoutMindingStrangers() {
        String[] members = {address(1), address(2)};
        start(1, 2, members);
        start(2, 2, members);
        start(3, 2, members);
        tell(3, 1);
        tell(3, 2);
        tellAll(4);
        assertThat(clusters()).hasSize(1);
        assertThat(nodes.get(3).formed()).isNull();
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10})
    void inAnyOrderWithLossAndRestartsNoNodeIsInTwoClusters(long seed) {
        Random random = new Random(seed);
        int count = 3 + random.nextInt(3);
        for (int id = 1; id <= count; id++) {
            start(id, 3);
        }
        for (int i = 0; i < 300; i++) {
            if (random.nextInt(15) == 0) {
                start(1 + random.nextInt(count), 3);
            }
            tell(1 + random.nextInt(count), 1 + random.nextInt(count));
            now += random.nextInt(400_000_000);
            List<UUID> formed = new ArrayList<>(clusters());
            assertThat(formed).hasSizeLessThanOrEqualTo(count == 3 ? 1 : count / 3);
        }
        if (count == 3) {
            tellAll(6);
            assertThat(clusters()).hasSize(1);
        }
    }

    @Test
    void damagedFilesAreRefusedWithWhatToDo() throws IOException {
        start(1, 1).proceed(now);
        Path file = folder.resolve("n1").resolve("cluster");
        byte[] bytes = Files.readAllBytes(file);
        for (int i = 0; i < bytes.length; i++) {
            byte[] damaged = bytes.clone();
            damaged[i] ^= 1;
            Files.write(file, damaged);
            assertThatThrownBy(() -> new NodeFiles(new FileDisk(folder.resolve("n1"))).cluster())
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("the file 'cluster'")
                    .hasMessageContaining("restore it");
        }
    }

    @Test
    void aNodeThatLostItsIdOrItsLogDoesNotBeginAnew() throws IOException {
        start(1, 1).proceed(now);
        NodeFiles files = new NodeFiles(new FileDisk(folder.resolve("n1")));
        files.checkGroup(false);
        files.groupOpened();
        assertThatThrownBy(() -> files.checkGroup(false)).hasMessageContaining("the Raft log is missing");
        Files.delete(folder.resolve("n1").resolve("node"));
        assertThatThrownBy(() -> files.nodeId(5)).hasMessageContaining("the file 'node' is missing");
    }
}
