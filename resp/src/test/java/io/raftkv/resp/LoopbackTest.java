package io.raftkv.resp;

import static java.util.concurrent.TimeUnit.MILLISECONDS;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.hamcrest.Matchers.greaterThan;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import java.io.IOException;
import java.io.InputStream;
import java.net.BindException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Server and client over real sockets. */
@Timeout(60)
class LoopbackTest {
    private static EventLoopGroup group;

    private final List<Reply> held = new CopyOnWriteArrayList<>();
    private final AtomicInteger commands = new AtomicInteger();
    private final AtomicInteger disconnected = new AtomicInteger();
    private final CommandTable table = new CommandTable() //
            .register(new ConnectionCommands(Map.of("mode", "test")))
            .register(CommandSpec.keyless("hold", -1, "test", "Waits."), (c, args, reply) -> held.add(reply))
            .register(CommandSpec.keyless("big", 2, "test", "Answers much."), (c, args, reply) -> {
                commands.incrementAndGet();
                reply.bulk(new byte[Integer.parseInt(new String(args[1], StandardCharsets.UTF_8))]);
            });
    private RespServer server;

    @BeforeAll
    static void startLoops() {
        group = new MultiThreadIoEventLoopGroup(2, NioIoHandler.newFactory());
    }

    @AfterAll
    static void stopLoops() {
        group.shutdownGracefully(0, 1, SECONDS).syncUninterruptibly();
    }

    private RespServer.Builder builder() {
        return RespServer.builder().bossAndWorkers(group).handler(new RespHandler() {
            @Override
            public void command(RespConnection c, byte[][] args, Reply reply) {
                table.command(c, args, reply);
            }

            @Override
            public void disconnected(RespConnection c) {
                disconnected.incrementAndGet();
            }
        });
    }

    private void start(RespServer.Builder builder) throws BindException {
        server = builder.start();
    }

    private RespClient connect(RespClient.Options options) throws Exception {
        return RespClient.connect(group, "127.0.0.1", server.port(), options).get(5, SECONDS);
    }

    @AfterEach
    void stop() {
        if (server != null) {
            server.close();
            assertThat(server.connectionCount()).isZero();
        }
    }

    private static Socket dial(int port) throws IOException {
        return new Socket(InetAddress.getLoopbackAddress(), port);
    }

    private static String readAll(Socket socket) throws IOException {
        return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }

    private static void write(Socket socket, String text) throws IOException {
        socket.getOutputStream().write(text.getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void clientAndServerTalkInBothProtocols() throws Exception {
        start(builder());
        for (int protocol = 2; protocol <= 3; protocol++) {
            try (RespClient client = connect(RespClient.Options.DEFAULT.withProtocol(protocol))) {
                assertThat(client.send("PING").get()).isEqualTo(RespValue.simple("PONG"));
                assertThat(client.send("eCHo", "hi").get().asText()).isEqualTo("hi");
                assertThat(client.send("HELLO").get().asMap())
                        .containsEntry("proto", RespValue.integer(protocol))
                        .containsEntry("mode", RespValue.bulk("test"));
                assertThat(client.send("NOPE", "a").get().errorMessage())
                        .isEqualTo("ERR unknown command 'NOPE', with args beginning with: 'a' ");
                assertThat(client.send("BIG", "3000000").get()).isEqualTo(RespValue.bulk(new byte[3_000_000]));
            }
        }
    }

    @Test
    void pipelinedAnswersArriveInOrderThoughOtherThreadsCompleteThemInAny() throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(4);
        try {
            start(builder().backPressure(200, 100_000).handler((c, args, reply) -> {
                if (ThreadLocalRandom.current().nextBoolean()) {
                    reply.bulk(args[1]);
                } else {
                    threads.execute(() -> reply.bulk(args[1]));
                }
            }));
            try (RespClient client = connect(RespClient.Options.DEFAULT.withMaxInFlight(100_000))) {
                List<CompletableFuture<RespValue>> answers = new ArrayList<>();
                for (int i = 0; i < 50_000; i++) {
                    answers.add(client.send("echo", "v" + i));
                }
                for (int i = 0; i < answers.size(); i++) {
                    assertThat(answers.get(i).get(10, SECONDS).asText()).isEqualTo("v" + i);
                }
                assertThat(client.inFlight()).isZero();
            }
        } finally {
            threads.shutdownNow();
        }
    }

    @Test
    void slowReaderStopsTheServerFromCarryingOutMore() throws Exception {
        start(builder());
        try (Socket socket = new Socket()) {
            socket.setReceiveBufferSize(64 * 1024);
            socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), server.port()));
            int count = 600;
            int size = 100_000;
            write(socket, ("big " + size + "\r\n").repeat(count));
            await().untilAtomic(commands, greaterThan(5));
            await().during(Duration.ofMillis(300)).until(() -> commands.get() < 300);
            InputStream in = socket.getInputStream();
            long expected = (long) count * ("$" + size + "\r\n\r\n").length() + (long) count * size;
            long read = 0;
            byte[] chunk = new byte[1 << 20];
            while (read < expected) {
                read += in.read(chunk);
            }
            assertThat(read).isEqualTo(expected);
            assertThat(commands).hasValue(count);
        }
    }

    @Test
    void oversizedBulkIsRefusedWithAnErrorThatTheClientCanRead() throws Exception {
        start(builder());
        try (Socket socket = dial(server.port())) {
            write(socket, "*2\r\n$4\r\necho\r\n$100000000\r\n");
            byte[] much = new byte[1_000_000];
            for (int i = 0; i < 5; i++) {
                socket.getOutputStream().write(much); // Such a client does not read before it has written.
            }
            socket.shutdownOutput();
            assertThat(readAll(socket))
                    .isEqualTo("-ERR Protocol error: invalid bulk length 100000000; allowed: 0 to 8519680\r\n");
        }
        try (RespClient client = connect(RespClient.Options.DEFAULT)) {
            assertThat(client.send("echo", "x").get().asText()).isEqualTo("x");
        }
    }

    @Test
    void answersAClientThatHasEndedItsSide() throws Exception {
        start(builder());
        try (Socket socket = dial(server.port())) {
            write(socket, "hold\r\nping\r\n");
            socket.shutdownOutput();
            await().until(() -> held.size() == 1);
            held.get(0).ok();
            assertThat(readAll(socket)).isEqualTo("+OK\r\n+PONG\r\n");
        }
    }

    @Test
    void refusesMoreConnectionsThanAllowedButNotTheOtherProtocol() throws Exception {
        List<String> otherEvents = new CopyOnWriteArrayList<>();
        start(builder().maxConnections(1).otherProtocol((byte) 0xF7, channel -> channel.pipeline()
                .addLast(new ChannelInboundHandlerAdapter() {
                    @Override
                    public void channelActive(ChannelHandlerContext ctx) {
                        otherEvents.add("active");
                    }

                    @Override
                    public void channelRead(ChannelHandlerContext ctx, Object message) {
                        otherEvents.add("first byte " + ((ByteBuf) message).getUnsignedByte(0));
                        ctx.writeAndFlush(message);
                    }
                })));
        try (RespClient first = connect(RespClient.Options.DEFAULT);
                Socket second = dial(server.port());
                Socket other = dial(server.port())) {
            assertThat(first.send("PING").get().asText()).isEqualTo("PONG");
            write(second, "PING\r\n");
            assertThat(readAll(second)).isEqualTo("-ERR max number of clients reached\r\n");
            other.getOutputStream().write(0xF7);
            assertThat(other.getInputStream().read()).isEqualTo(0xF7);
            assertThat(otherEvents).containsExactly("active", "first byte 247");
            assertThat(server.connectionCount()).isEqualTo(1);
        }
    }

    @Test
    void pushesReachTheClientAmongAnswers() throws Exception {
        List<RespValue.Push> pushes = new CopyOnWriteArrayList<>();
        start(builder());
        try (RespClient client =
                connect(RespClient.Options.DEFAULT.withProtocol(3).withOnPush(pushes::add))) {
            CompletableFuture<RespValue> answer = client.send("hold");
            await().until(() -> held.size() == 1);
            held.get(0).connection().push(RespValue.push("event", RespValue.integer(7)));
            held.get(0).ok();
            assertThat(answer.get()).isEqualTo(RespValue.ok());
            assertThat(pushes).containsExactly(RespValue.push("event", RespValue.integer(7)));
        }
    }

    @Test
    void aLostConnectionTellsWhatMayHaveBeenCarriedOut() throws Exception {
        start(builder());
        CompletableFuture<Void> closed = new CompletableFuture<>();
        RespClient client = connect(RespClient.Options.DEFAULT.withOnClose(() -> closed.complete(null)));
        CompletableFuture<RespValue> answer = client.send("hold");
        await().until(() -> held.size() == 1);
        held.get(0).connection().close();
        assertThatThrownBy(answer::get).hasCauseInstanceOf(ConnectionLost.class).satisfies(e -> assertThat(
                        ((ConnectionLost) e.getCause()).sent())
                .isTrue());
        closed.get();
        assertThat(client.isOpen()).isFalse();
        assertThatThrownBy(() -> client.send("ping").get())
                .hasCauseInstanceOf(ConnectionLost.class)
                .satisfies(
                        e -> assertThat(((ConnectionLost) e.getCause()).sent()).isFalse());
        assertThat(client.inFlight()).isZero();
    }

    @Test
    void boundsTheCommandsInFlight() throws Exception {
        start(builder());
        try (RespClient client = connect(RespClient.Options.DEFAULT.withMaxInFlight(2))) {
            client.send("hold");
            CompletableFuture<RespValue> second = client.send("ping");
            assertThatThrownBy(() -> client.send("ping").get()).hasCauseInstanceOf(RespClient.TooManyInFlight.class);
            await().until(() -> held.size() == 1);
            held.get(0).ok();
            second.get();
            assertThat(client.send("ping").get().asText()).isEqualTo("PONG");
        }
    }

    @Test
    void connectingFailsInWords() throws Exception {
        table.register(CommandSpec.keyless("hello", -1, "test", "No."), (c, args, reply) -> reply.error("ERR no"));
        start(builder());
        assertThatThrownBy(() -> connect(RespClient.Options.DEFAULT.withProtocol(3)))
                .isInstanceOf(ExecutionException.class)
                .cause()
                .isInstanceOf(IOException.class)
                .hasMessageContaining("HELLO 3 to /127.0.0.1:" + server.port() + " failed: ERR no");
        int port = server.port();
        server.close();
        assertThatThrownBy(() -> RespClient.connect(group, "127.0.0.1", port, RespClient.Options.DEFAULT)
                        .get())
                .hasCauseInstanceOf(ConnectException.class);
    }

    @Test
    void anAddressInUseIsNamed() throws Exception {
        start(builder());
        assertThatThrownBy(() -> builder().port(server.port()).start())
                .isInstanceOf(BindException.class)
                .hasMessageStartingWith("cannot listen at 127.0.0.1:" + server.port() + ": Address already in use");
    }

    @Test
    void closingLetsAnswersThatAreDueLeaveAndEndsAllConnections() throws Exception {
        start(builder().closeGraceMs(5_000));
        try (RespClient client = connect(RespClient.Options.DEFAULT);
                RespClient idle = connect(RespClient.Options.DEFAULT)) {
            CompletableFuture<RespValue> answer = client.send("hold");
            await().until(() -> held.size() == 1);
            held.get(0).connection().eventLoop().schedule(() -> held.get(0).ok(), 50, MILLISECONDS);
            server.close();
            assertThat(answer.get()).isEqualTo(RespValue.ok());
            assertThat(disconnected).hasValue(2);
            await().until(() -> !client.isOpen() && !idle.isOpen());
        }
    }

    @Test
    void closingDoesNotWaitForAnswersThatDoNotCome() throws Exception {
        start(builder().closeGraceMs(50));
        try (RespClient client = connect(RespClient.Options.DEFAULT)) {
            CompletableFuture<RespValue> answer = client.send("hold");
            await().until(() -> held.size() == 1);
            server.close();
            assertThatThrownBy(answer::get).hasCauseInstanceOf(ConnectionLost.class);
            held.get(0).ok();
        }
    }

    @Test
    void ownLoopsEndWithTheServer() throws Exception {
        RespServer own = RespServer.builder().handler(table).start();
        try (Socket socket = dial(own.port())) {
            write(socket, "PING\r\nQUIT\r\n");
            assertThat(readAll(socket)).isEqualTo("+PONG\r\n+OK\r\n");
        }
        own.close();
        // Netty says that a loop has ended a moment before its thread does.
        await().until(() -> Thread.getAllStackTraces().keySet().stream()
                .noneMatch(thread -> thread.getName().startsWith("raftkv-resp-loop")));
    }
}
