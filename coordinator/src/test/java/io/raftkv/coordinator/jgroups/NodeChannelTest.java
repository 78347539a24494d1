package io.raftkv.coordinator.jgroups;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.raftkv.coordinator.FreePorts;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Real channels on the loopback. */
@Timeout(120)
class NodeChannelTest {
    /** A group that fell apart on a busy machine is merged again only then and now. */
    private static final Duration LONG = Duration.ofSeconds(50);

    private static final UUID CLUSTER = new UUID(1, 2);
    private final String name = "test-" + UUID.randomUUID();
    private final List<Node> nodes = new ArrayList<>();

    private final class Node implements NodeChannel.Listener {
        final List<String> heard = new CopyOnWriteArrayList<>();
        final NodeChannel channel;

        Node(long id, UUID cluster, int port, List<InetSocketAddress> peers) throws IOException {
            channel = NodeChannel.open(new NodeChannel.Options(name, id, "127.0.0.1", port, peers, List.of()), this);
            channel.joinCluster(cluster);
            nodes.add(this);
        }

        @Override
        public void received(long node, FrameType type, ByteBuffer body) {
            byte[] bytes = new byte[body.remaining()];
            body.get(bytes);
            heard.add(node + " " + type + " " + (bytes.length > 100 ? bytes.length : new String(bytes, UTF_8)));
        }

        @Override
        public void viewChanged() {}

        @Override
        public void linkChanged(long node, boolean up) {}

        void hello() {
            channel.sendHello(ByteBuffer.wrap("hi".getBytes(UTF_8)));
        }

        boolean send(long to, String text) {
            return channel.send(to, FrameType.RAFT, ByteBuffer.wrap(text.getBytes(UTF_8)));
        }
    }

    @AfterEach
    void close() {
        nodes.forEach(node -> node.channel.close());
    }

    /** Hellos until everyone can send to everyone. */
    private void acquaint() {
        Awaitility.await().atMost(LONG).until(() -> {
            nodes.forEach(Node::hello);
            return nodes.stream().allMatch(node -> node.channel.reachable().size() == nodes.size() - 1);
        });
    }

    @Test
    void framesArriveWholeAndInOrderByNodeId() throws IOException {
        Node one = new Node(1, CLUSTER, FreePorts.next(), List.of());
        Node two = new Node(2, CLUSTER, FreePorts.next(), List.of());
        new Node(3, CLUSTER, FreePorts.next(), List.of());
        assertThat(one.send(99, "to nobody")).isFalse();
        acquaint();
        two.heard.clear();
        for (int i = 0; i < 200; i++) {
            assertThat(one.send(2, "frame " + i)).isTrue();
        }
        assertThat(one.send(2, "x".repeat(3_000_000))).isTrue();
        Awaitility.await().atMost(LONG).until(() -> raft(two).size() == 201);
        for (int i = 0; i < 200; i++) {
            assertThat(raft(two).get(i)).isEqualTo("1 RAFT frame " + i);
        }
        assertThat(raft(two).get(200)).isEqualTo("1 RAFT 3000000");
        Awaitility.await().atMost(LONG).until(() -> one.channel.queuedBytes(2) == 0);
    }

    private static List<String> raft(Node node) {
        return node.heard.stream().filter(text -> text.contains("RAFT")).toList();
    }

    @Test
    void framesOfAForeignClusterAreRefusedAndItsHellosHeard() throws IOException {
        Node one = new Node(1, CLUSTER, FreePorts.next(), List.of());
        Node foreign = new Node(2, new UUID(3, 4), FreePorts.next(), List.of());
        acquaint();
        assertThat(foreign.send(1, "from elsewhere")).isTrue();
        foreign.channel.joinCluster(CLUSTER);
        assertThat(foreign.send(1, "from here")).isTrue();
        Awaitility.await().atMost(LONG).until(() -> !raft(one).isEmpty());
        assertThat(raft(one)).containsExactly("2 RAFT from here");
        assertThat(one.heard).contains("2 HELLO hi");
    }

    @Test
    void listedPeersFindEachOther() throws IOException {
        List<InetSocketAddress> peers = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            peers.add(new InetSocketAddress("127.0.0.1", FreePorts.next()));
        }
        for (int i = 0; i < 3; i++) {
            new Node(i + 1, CLUSTER, peers.get(i).getPort(), peers);
        }
        acquaint();
        nodes.remove(2).channel.close();
        Awaitility.await()
                .atMost(LONG)
                .until(() -> nodes.get(0).channel.reachable().equals(java.util.Set.of(2L)));
    }

    @Test
    void aPeerThatIsKnownLaterIsFoundAlthoughNobodyListsIt() throws IOException {
        List<InetSocketAddress> ports = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            ports.add(new InetSocketAddress("127.0.0.1", FreePorts.next()));
        }
        for (int i = 0; i < 3; i++) {
            new Node(i + 1, CLUSTER, ports.get(i).getPort(), List.of(ports.get(i)));
        }
        nodes.get(0).channel.know(List.of(ports.get(1)));
        Awaitility.await().atMost(LONG).until(() -> {
            nodes.forEach(Node::hello);
            return nodes.get(0).channel.reachable().equals(java.util.Set.of(2L))
                    && nodes.get(1).channel.reachable().equals(java.util.Set.of(1L));
        });
        nodes.get(0).channel.know(List.of(ports.get(1), ports.get(2)));
        nodes.get(1).channel.know(List.of(ports.get(2)));
        acquaint();
    }

    @Test
    void aTakenPortIsNamed() throws IOException {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            int port = taken.getLocalPort();
            assertThatThrownBy(() -> new Node(1, CLUSTER, port, List.of()))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("cannot open port " + port);
        }
    }
}
