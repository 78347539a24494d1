package io.raftkv.coordinator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.raftkv.callback.ClientConfig;
import io.raftkv.callback.CoordinatorClient;
import io.raftkv.callback.CoordinatorException;
import io.raftkv.callback.CoordinatorNodes;
import io.raftkv.coordinator.bootstrap.Hello;
import io.raftkv.coordinator.bootstrap.Members;
import io.raftkv.coordinator.jgroups.FrameType;
import io.raftkv.coordinator.jgroups.NodeChannel;
import io.raftkv.coordinator.state.Node;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Nodes come and go while a client writes: what it was told is written stays written. */
@Timeout(120)
class MembershipClusterTest {
    private static final Duration LONG = Duration.ofSeconds(40);

    @TempDir
    private Path folder;

    private TestCluster cluster;
    private CoordinatorClient client;
    private Writer writer;

    @BeforeEach
    void start() {
        cluster = new TestCluster(folder, 3).startAll();
        cluster.leader();
        // Knows the first three, and must find all others by itself.
        client = cluster.client();
        writer = new Writer(cluster.clientConfig());
    }

    @AfterEach
    void close() {
        writer.close();
        client.close();
        cluster.close();
    }

    /** Writes numbers, one after the other, until it is closed. */
    private static final class Writer implements AutoCloseable {
        private final CoordinatorClient client;
        private final Thread thread = new Thread(this::run, "writer");
        private final AtomicInteger written = new AtomicInteger();
        private final AtomicReference<RuntimeException> failure = new AtomicReference<>();
        private volatile boolean closed;

        Writer(ClientConfig config) {
            client = CoordinatorClient.open(config.withRequestTimeoutMs(30_000));
            thread.start();
        }

        private void run() {
            try {
                while (!closed) {
                    client.setSlot("load", 0, Integer.toString(written.get() + 1), false);
                    written.incrementAndGet();
                }
            } catch (RuntimeException e) {
                failure.set(e);
            }
        }

        /** It goes on: some more numbers were written since this was called. */
        void awaitProgress() {
            int before = written.get();
            Awaitility.await().atMost(LONG).until(() -> written.get() > before + 5 || failure.get() != null);
            assertThat(failure.get()).isNull();
        }

        /** Stops, and says the last number that was written. */
        int end() {
            close();
            assertThat(failure.get()).isNull();
            return written.get();
        }

        @Override
        public void close() {
            closed = true;
            try {
                thread.join();
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
            client.close();
        }
    }

    private void add(int node) {
        add(client, cluster.address(node));
    }

    private static void add(CoordinatorClient client, String address) {
        wish(() -> client.addNode(address));
        awaitSettled(client);
    }

    /** As often as it takes until the nodes see each other. */
    private static void wish(Callable<Long> wish) {
        Awaitility.await()
                .atMost(LONG)
                .ignoreExceptionsMatching(
                        e -> e instanceof CoordinatorException refused && refused.is(CoordinatorException.NOT_READY))
                .until(() -> wish.call() > 0);
    }

    private void remove(int node) {
        client.removeNode(cluster.address(node));
        awaitSettled();
    }

    private CoordinatorNodes awaitSettled() {
        return awaitSettled(client);
    }

    private static CoordinatorNodes awaitSettled(CoordinatorClient client) {
        AtomicReference<CoordinatorNodes> last = new AtomicReference<>();
        Awaitility.await().atMost(LONG).until(() -> {
            last.set(client.nodes());
            return last.get().change() == null;
        });
        return last.get();
    }

    private List<String> members() {
        return client.nodes().nodes().stream()
                .filter(row -> !row.state().equals("waiting") && !row.state().equals("removed"))
                .map(CoordinatorNodes.Row::address)
                .sorted()
                .toList();
    }

    private List<String> addresses(Integer... nodes) {
        return java.util.Arrays.stream(nodes).map(cluster::address).sorted().toList();
    }

    private void assertWrittenIs(int number) {
        assertThat(client.slots("load")).containsExactly(Integer.toString(number));
    }

    @Test
    void growsToFiveShrinksToThreeOthersAndStartsAgain() {
        int fourth = cluster.newNode();
        int fifth = cluster.newNode();
        cluster.start(fourth);
        add(fourth);
        cluster.start(fifth);
        add(fifth);
        assertThat(members()).isEqualTo(addresses(0, 1, 2, fourth, fifth));
        assertThat(awaitSettled().nodes()).allMatch(CoordinatorNodes.Row::isVoter);
        writer.awaitProgress();

        // Twice the leader itself is among them: it hands over first.
        for (int leaves = 0; leaves < 2; leaves++) {
            int leader = cluster.leader();
            remove(leader);
            Coordinator gone = cluster.node(leader);
            Awaitility.await().atMost(LONG).until(() -> !gone.leads());
            writer.awaitProgress();
            assertThat(members()).doesNotContain(cluster.address(leader));
        }
        List<String> left = members();
        assertThat(left).hasSize(3);
        int written = writer.end();
        cluster.stopAll();

        List<Integer> numbers = cluster.numbersOf(left);
        numbers.forEach(cluster::start);
        cluster.leader();
        try (CoordinatorClient other = cluster.client(numbers.get(0))) {
            assertThat(other.slots("load")).containsExactly(Integer.toString(written));
            assertThat(other.info().nodes()).hasSize(3);
        }
    }

    @Test
    void aDeadNodeIsReplacedByOneAtAnotherAddress() {
        int dead = cluster.follower();
        cluster.stop(dead);
        int fresh = cluster.newNode();
        cluster.start(fresh);
        wish(() -> client.replaceNode(cluster.address(dead), cluster.address(fresh)));
        awaitSettled();
        writer.awaitProgress();
        assertThat(members()).hasSize(3).contains(cluster.address(fresh)).doesNotContain(cluster.address(dead));
        long version = client.nodes().version();
        assertThat(client.replaceNode(cluster.address(dead), cluster.address(fresh)))
                .as("asked for again")
                .isEqualTo(version);

        // The dead one comes back, learns that it left, and says so to clients and to whoever starts it again.
        Coordinator back = cluster.start(dead);
        try (CoordinatorClient lost =
                CoordinatorClient.open(cluster.clientConfig(dead).withRequestTimeoutMs(1_000))) {
            Awaitility.await().atMost(LONG).until(() -> back.isRemoved());
            writer.awaitProgress();
            assertThat(lost.slots("load")).as("it shows the way to the others").hasSize(1);
        }
        cluster.stop(dead);
        assertThatThrownBy(() -> Coordinator.start(cluster.config(dead)))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("was removed from its cluster")
                .hasMessageContaining("raftkv ctl coordinator add " + cluster.address(dead));
        assertWrittenIs(writer.end());
    }

    @Test
    void aNodeWithAnEmptiedFolderIsAStrangerUntilItReplacesItsFormerSelf() {
        int node = cluster.follower();
        cluster.stop(node);
        cluster.emptyFolder(node);
        cluster.start(node);
        String address = cluster.address(node);
        Awaitility.await().atMost(LONG).until(() -> client.nodes().nodes().stream()
                .anyMatch(row -> row.state().equals("waiting") && row.address().equals(address)));
        try (CoordinatorClient strayed = CoordinatorClient.open(cluster.clientConfig(node))) {
            strayed.slots("load"); // It shows the way to the others.
        }
        assertThatThrownBy(() -> client.addNode(address))
                .hasMessageContaining("is a member at that address")
                .hasMessageContaining("raftkv ctl coordinator replace " + address + " " + address);
        client.replaceNode(address, address);
        assertThat(awaitSettled().nodes())
                .allMatch(CoordinatorNodes.Row::isVoter)
                .hasSize(3);
        writer.awaitProgress();

        // Once more, the slow way.
        cluster.stop(node);
        remove(node);
        assertThat(members()).hasSize(2);
        cluster.emptyFolder(node);
        cluster.start(node);
        add(node);
        assertThat(members()).isEqualTo(addresses(0, 1, 2));
        assertWrittenIs(writer.end());
    }

    @Test
    void clientsOutliveAllNodesThatTheyWereGiven() {
        for (int old = 0; old < 3; old++) {
            int fresh = cluster.newNode();
            cluster.start(fresh);
            add(fresh);
            remove(old);
            cluster.stop(old);
            writer.awaitProgress();
        }
        assertThat(members()).isEqualTo(addresses(3, 4, 5));
        assertWrittenIs(writer.end());
        cluster.stopAll();
        List.of(3, 4, 5).forEach(cluster::start);
        cluster.leader();
        assertThat(client.slots("load")).hasSize(1);
    }

    @Test
    void aChangeOutlivesTheLeaderThatBeganIt() {
        int fresh = cluster.newNode();
        cluster.start(fresh);
        wish(() -> client.addNode(cluster.address(fresh)));
        int leader = cluster.leader();
        cluster.stop(leader);
        awaitSettled();
        writer.awaitProgress();
        cluster.start(leader);
        assertThat(members()).isEqualTo(addresses(0, 1, 2, fresh));
        Awaitility.await().atMost(LONG).until(() -> client.nodes().nodes().stream()
                .allMatch(CoordinatorNodes.Row::isVoter));
        assertWrittenIs(writer.end());
    }

    @Test
    void aWishThatCannotComeTrueIsTakenBack() throws IOException {
        // One that says hello and nothing else: it never holds the log, and so never has a say.
        long id = 0xabcdef;
        Node mute = new Node(id, "127.0.0.1:9", 0);
        Hello hello = new Hello(mute, 3, TestCluster.SHARDS, Hello.Stage.FRESH, null, Members.NONE, "");
        NodeChannel.Options options = new NodeChannel.Options(
                cluster.config(0).clusterName(), id, "127.0.0.1", FreePorts.next(), List.of(), List.of());
        try (NodeChannel channel = NodeChannel.open(options, new Deaf())) {
            Awaitility.await().atMost(LONG).until(() -> {
                channel.sendHello(hello.encode());
                return client.nodes().node("abcdef") != null;
            });
            channel.sendHello(hello.encode());
            client.addNode("127.0.0.1:9");
            Awaitility.await().atMost(LONG).until(() -> "learner"
                    .equals(client.nodes().node("abcdef").state()));
            assertThatThrownBy(() -> client.removeNode(cluster.address(0)))
                    .hasMessageContaining(
                            "the nodes are being changed already: 127.0.0.1:9 (node abcdef) is being added")
                    .hasMessageContaining("raftkv ctl coordinator remove 127.0.0.1:9");
            int leader = cluster.leader();
            cluster.stop(leader);
            writer.awaitProgress();
            client.removeNode("127.0.0.1:9");
            assertThat(awaitSettled().version()).isEqualTo(1);
            assertThat(members()).isEqualTo(addresses(0, 1, 2));
            channel.sendHello(hello.encode());
            Awaitility.await().atMost(LONG).untilAsserted(() -> {
                channel.sendHello(hello.encode());
                assertThatThrownBy(() -> client.addNode("abcdef")).hasMessageContaining("its id never comes back");
            });
            cluster.start(leader);
        }
        assertWrittenIs(writer.end());
    }

    private static final class Deaf implements NodeChannel.Listener {
        @Override
        public void received(long node, FrameType type, ByteBuffer body) {}

        @Override
        public void viewChanged() {}

        @Override
        public void linkChanged(long node, boolean up) {}
    }

    @Test
    void aNodeThatIsNotListedIsLookedForWhereItShallBeAdded() throws IOException {
        try (TestCluster listed = TestCluster.listed(folder.resolve("listed"), 2)) {
            listed.startAll();
            listed.leader();
            int fresh = listed.newNode();
            listed.start(fresh);
            try (CoordinatorClient asked = listed.client(0)) {
                assertThat(asked.nodes().nodes()).hasSize(2);
                add(asked, listed.address(fresh));
                // The leader hears of it in a moment.
                Awaitility.await()
                        .atMost(LONG)
                        .untilAsserted(() ->
                                assertThat(asked.nodes().nodes()).hasSize(3).allMatch(CoordinatorNodes.Row::isVoter));
            }
        }
    }

    @Test
    void refusesWhatWouldLeaveNoMajorityAlive() {
        int dead = cluster.follower();
        cluster.stop(dead);
        int alive = cluster.follower();
        Awaitility.await().atMost(LONG).untilAsserted(() -> assertThatThrownBy(
                        () -> client.removeNode(cluster.address(alive)))
                .hasMessageContaining("only 1 of 2 nodes would be alive after that")
                .hasMessageContaining(cluster.address(dead)));
        assertThatThrownBy(() -> client.removeNode("127.0.0.1:9")).hasMessageContaining("is a member; members are");
        assertThatThrownBy(() -> client.addNode("127.0.0.1:9"))
                .hasMessageContaining("NOTREADY no new coordinator node answers at 127.0.0.1:9");
        remove(dead);
        remove(cluster.follower());
        assertThatThrownBy(() -> client.removeNode(cluster.address(cluster.leader())))
                .hasMessageContaining("the last node cannot be removed");
        assertWrittenIs(writer.end());
    }

    @Test
    void aFolderInUseIsRefused() {
        assertThatThrownBy(() -> Coordinator.start(cluster.config(cluster.newNode()).toBuilder()
                        .data(cluster.config(0).data())
                        .build()))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("node-0");
    }
}
