package io.raftkv.raft.transport.netty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.raftkv.raft.transport.Lane;
import io.raftkv.raft.transport.Transport;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class NettyTransportTest {
    private final EventLoopGroup loops = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
    private final Map<Long, InetSocketAddress> addresses = new ConcurrentHashMap<>();

    private final class Node implements Transport.Receiver, AutoCloseable {
        final NettyTransport transport;
        final Queue<String> events = new ConcurrentLinkedQueue<>();

        Node(String cluster, long id) throws IOException {
            transport = new NettyTransport(cluster, id, loops, addresses::get);
            transport.start(this);
            addresses.put(
                    id, new InetSocketAddress("127.0.0.1", transport.listen(new InetSocketAddress("127.0.0.1", 0))));
        }

        @Override
        public void received(long server, ByteBuffer frame) {
            events.add(server + ":" + StandardCharsets.UTF_8.decode(frame));
        }

        @Override
        public void linkChanged(long server, boolean up) {
            events.add(server + (up ? " up" : " down"));
        }

        void send(long to, String text) {
            send(to, Lane.CONTROL, text);
        }

        void send(long to, Lane lane, String text) {
            transport.send(to, lane, ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8)));
        }

        @Override
        public void close() {
            transport.close();
        }
    }

    @AfterEach
    void stop() {
        loops.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly();
    }

    @Test
    void deliversFramesInOrderAndTellsOfABrokenLink() throws IOException {
        try (Node a = new Node("c", 1)) {
            Node b = new Node("c", 2);
            await().until(() -> {
                a.send(2, "hello");
                return b.events.contains("1:hello");
            });
            a.send(2, "x");
            a.send(2, "y");
            await().until(() -> b.events.contains("1:y"));
            assertThat(String.join(" ", b.events)).endsWith("1:x 1:y");
            await().until(() -> a.transport.queuedBytes(2) == 0);
            b.close();
            await().until(() -> a.events.contains("2 down"));
        }
    }

    @Test
    void eachLaneHasALinkOfItsOwn() throws IOException {
        try (Node a = new Node("c", 1);
                Node b = new Node("c", 2)) {
            await().until(() -> {
                a.send(2, Lane.BULK, "piece");
                return b.events.contains("1:piece");
            });
            // Nobody else opened a link: the one for bulk tells nothing about the peer.
            assertThat(b.events).doesNotContain("1 up");
            assertThat(a.events).isEmpty();
            await().until(() -> {
                a.send(2, "beat");
                return b.events.contains("1:beat");
            });
            assertThat(b.events).contains("1 up");
            assertThat(a.events).containsExactly("2 up");
        }
    }

    /** More than all buffers on the way hold, to a peer that reads none of it. */
    @Test
    void aFullBulkLinkDoesNotHoldUpTheOther() throws IOException {
        try (Node a = new Node("c", 1);
                ServerSocket peer = new ServerSocket(0, 10, InetAddress.getLoopbackAddress())) {
            addresses.put(2L, new InetSocketAddress("127.0.0.1", peer.getLocalPort()));
            peer.setSoTimeout(10_000);
            a.send(2, Lane.BULK, "");
            try (Socket bulk = peer.accept()) {
                assertThat(laneOf(bulk)).isEqualTo(Lane.BULK.ordinal());
                bulk.getOutputStream().write(Handshake.Answer.WELCOME.ordinal());
                for (int i = 0; i < 200; i++) {
                    a.send(2, Lane.BULK, "x".repeat(1 << 20));
                }
                a.send(2, "");
                try (Socket control = peer.accept()) {
                    assertThat(laneOf(control)).isEqualTo(Lane.CONTROL.ordinal());
                    control.getOutputStream().write(Handshake.Answer.WELCOME.ordinal());
                    control.setSoTimeout(10_000);
                    await().until(() -> a.events.contains("2 up"));
                    a.send(2, "beat");
                    assertThat(control.getInputStream().readNBytes(8)).endsWith('b', 'e', 'a', 't');
                }
            }
        }
    }

    /** Reads a whole greeting. */
    private static int laneOf(Socket link) throws IOException {
        return link.getInputStream().readNBytes(hello(1, 2).length)[2];
    }

    @Test
    void refusesAnotherClusterAndAnAddressThatIsSomebodyElses() throws IOException {
        try (Node a = new Node("ours", 1);
                Node b = new Node("theirs", 2);
                Node c = new Node("ours", 3)) {
            addresses.put(4L, addresses.get(3L));
            for (int i = 0; i < 3; i++) {
                a.send(2, "hello");
                a.send(4, "hello");
            }
            await().until(() -> {
                a.send(3, "hello");
                return c.events.contains("1:hello");
            });
            assertThat(b.events).isEmpty();
            assertThat(c.events).doesNotContain("4 up");
            assertThat(a.events).doesNotContain("2 up", "4 up");
        }
    }

    @Test
    void closesOnGarbage() throws IOException {
        try (Node a = new Node("c", 1);
                Socket socket = new Socket("127.0.0.1", addresses.get(1L).getPort())) {
            socket.setSoTimeout(10_000);
            socket.getOutputStream().write("GET / HTTP/1.1\r\n\r\n".getBytes(StandardCharsets.UTF_8));
            InputStream in = socket.getInputStream();
            assertThat(in.read()).isEqualTo(Handshake.Answer.OTHER_VERSION.ordinal());
            assertThat(in.read()).isEqualTo(-1);
            assertThat(a.events).isEmpty();
        }
    }

    /** What a peer says first. */
    private static byte[] hello(long from, long to) {
        ByteBuf hello = Unpooled.buffer();
        new Handshake(Lane.CONTROL, from, to, "c").writeTo(hello);
        byte[] bytes = new byte[hello.readableBytes()];
        hello.readBytes(bytes);
        return bytes;
    }

    /** Once it does not answer the greeting, and once nothing at all: its links may be dead without anybody knowing. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void opensANewLinkToAPeerThatIsSilent(boolean welcomes) throws IOException {
        try (Node a = new Node("c", 1);
                ServerSocket silent = new ServerSocket(0, 10, InetAddress.getLoopbackAddress())) {
            addresses.put(2L, new InetSocketAddress("127.0.0.1", silent.getLocalPort()));
            silent.setSoTimeout(10);
            List<Socket> links = new ArrayList<>();
            await().atMost(Duration.ofSeconds(20))
                    .pollInterval(Duration.ofMillis(20))
                    .until(() -> {
                        a.send(2, "hello");
                        try {
                            Socket link = silent.accept();
                            links.add(link);
                            if (welcomes) {
                                link.getOutputStream().write(Handshake.Answer.WELCOME.ordinal());
                            }
                        } catch (SocketTimeoutException e) {
                            return false;
                        }
                        return links.size() == 2;
                    });
            for (Socket link : links) {
                link.close();
            }
        }
    }

    @Test
    void aNewLinkOfAPeerReplacesItsOldOne() throws IOException {
        try (Node a = new Node("c", 1);
                Socket first = new Socket("127.0.0.1", addresses.get(1L).getPort());
                Socket second = new Socket("127.0.0.1", addresses.get(1L).getPort())) {
            for (Socket socket : List.of(first, second)) {
                socket.setSoTimeout(10_000);
                socket.getOutputStream().write(hello(2, 1));
                assertThat(socket.getInputStream().read()).isEqualTo(Handshake.Answer.WELCOME.ordinal());
            }
            assertThat(first.getInputStream().read()).isEqualTo(-1);
            // The old one going is no news, as the peer has another.
            await().until(() -> List.copyOf(a.events).equals(List.of("2 up", "2 up")));
            second.shutdownOutput();
            await().until(() -> a.events.contains("2 down"));
        }
    }
}
