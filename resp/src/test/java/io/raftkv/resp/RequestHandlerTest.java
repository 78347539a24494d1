package io.raftkv.resp;

import static io.raftkv.resp.TestBytes.buffer;
import static io.raftkv.resp.TestBytes.words;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.embedded.EmbeddedChannel;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A server's connection without a socket: order, flushes, back-pressure, endings. */
class RequestHandlerTest {
    private final List<String> events = new ArrayList<>();
    private final List<Reply> replies = new ArrayList<>();
    private final EmbeddedChannel channel = new EmbeddedChannel();
    private ServerConnection connection;
    private int flushes;

    private void start(RespHandler handler, BackPressure pressure) {
        channel.pipeline().addFirst(new ChannelOutboundHandlerAdapter() {
            @Override
            public void flush(ChannelHandlerContext ctx) {
                flushes++;
                ctx.flush();
            }
        });
        connection = new ServerConnection(1, channel, pressure, List.of());
        channel.pipeline()
                .addLast(new RequestHandler(
                        connection, handler, RespLimits.DEFAULT, channel, () -> events.add("closed")));
    }

    /** Keeps replies; what is asked for by name is answered at once. */
    private void start(BackPressure pressure) {
        start(
                new RespHandler() {
                    @Override
                    public void connected(RespConnection c) {
                        events.add("connected");
                    }

                    @Override
                    public void command(RespConnection c, byte[][] args, Reply reply) {
                        String name = words(args).get(0);
                        switch (name) {
                            case "now" -> reply.ok();
                            case "quit" -> {
                                c.closeAfterReplies();
                                reply.ok();
                            }
                            case "fail" -> throw new IllegalStateException("on purpose");
                            case "kill" -> c.close();
                            default -> replies.add(reply);
                        }
                        events.add(name);
                    }

                    @Override
                    public void disconnected(RespConnection c) {
                        events.add("disconnected");
                    }
                },
                pressure);
    }

    private String sent() {
        channel.runPendingTasks();
        StringBuilder sent = new StringBuilder();
        for (ByteBuf part; (part = channel.readOutbound()) != null; part.release()) {
            sent.append(TestBytes.text(part));
        }
        return sent.toString();
    }

    @AfterEach
    void nothingIsLeft() {
        channel.finishAndReleaseAll();
        assertThat(channel.isOpen()).isFalse();
    }

    @Test
    void answersInOrderOfRequestsWhateverTheOrderOfCompletion() {
        start(BackPressure.DEFAULT);
        channel.writeInbound(buffer("a\r\nb\r\nc\r\nnow\r\nd\r\n"));
        assertThat(sent()).isEmpty();
        replies.get(2).bulk(TestBytes.bytes("c"));
        replies.get(1).integer(2);
        assertThat(sent()).isEmpty();
        assertThat(connection.pendingReplies()).isEqualTo(5);
        replies.get(0).simple("a");
        assertThat(sent()).isEqualTo("+a\r\n:2\r\n$1\r\nc\r\n+OK\r\n");
        replies.get(3).nil();
        assertThat(sent()).isEqualTo("$-1\r\n");
        assertThat(connection.pendingReplies()).isZero();
        assertThat(connection.replies().bytes()).isZero();
    }

    @Test
    void flushesOncePerTurn() {
        start(BackPressure.DEFAULT);
        channel.writeInbound(buffer("now\r\nnow\r\na\r\nb\r\nc\r\n"));
        assertThat(flushes).isEqualTo(1);
        replies.forEach(Reply::ok);
        assertThat(flushes).isEqualTo(1);
        assertThat(sent()).isEqualTo("+OK\r\n".repeat(5));
        assertThat(flushes).isEqualTo(2);
    }

    @Test
    void noticesASecondAnswer() {
        start(BackPressure.DEFAULT);
        channel.writeInbound(buffer("a\r\nb\r\n"));
        replies.get(0).ok();
        assertThatThrownBy(() -> replies.get(0).nil()).isInstanceOf(IllegalStateException.class);
        replies.get(1).ok();
        assertThat(sent()).isEqualTo("+OK\r\n+OK\r\n");
    }

    @Test
    void answersForAHandlerThatFails() {
        start(BackPressure.DEFAULT);
        channel.writeInbound(buffer("fail\r\nnow\r\n"));
        assertThat(sent()).isEqualTo("-ERR internal error (IllegalStateException); see the server's log\r\n+OK\r\n");
    }

    @Test
    void stopsReadingWhileTooManyAnswersAreDueAndResumesAtHalf() {
        start(new BackPressure(4, 1_000_000, 1_000_000));
        channel.writeInbound(buffer("a\r\nb\r\nc\r\nd\r\ne\r\nf\r\n"));
        assertThat(replies).hasSize(4);
        assertThat(channel.config().isAutoRead()).isFalse();
        channel.writeInbound(buffer("g\r\n")); // What was on its way may still come.
        replies.get(0).ok();
        sent();
        assertThat(replies).hasSize(4);
        replies.get(1).ok();
        sent();
        assertThat(replies).hasSize(6);
        assertThat(channel.config().isAutoRead()).isFalse();
        replies.subList(2, 6).forEach(Reply::ok);
        sent();
        assertThat(replies).hasSize(7);
        assertThat(channel.config().isAutoRead()).isTrue();
        assertThat(events).containsExactly("connected", "a", "b", "c", "d", "e", "f", "g");
    }

    @Test
    void countsBytesOfRequestsInProcess() {
        start(new BackPressure(1_000, 10_000, 10_000));
        channel.writeInbound(buffer(("*1\r\n$6000\r\n" + "x".repeat(6000) + "\r\n").repeat(3)));
        assertThat(replies).hasSize(2);
        replies.get(0).ok();
        replies.get(1).ok();
        sent();
        assertThat(replies).hasSize(3);
    }

    @Test
    void countsBytesOfAnswersKeptForTheirTurn() {
        start(new BackPressure(1_000, 10_000, 10_000));
        channel.writeInbound(buffer("a\r\nb\r\n"));
        replies.get(1).bulk(new byte[10_000]);
        channel.writeInbound(buffer("c\r\n"));
        assertThat(replies).hasSize(2);
        replies.get(0).ok();
        sent();
        assertThat(replies).hasSize(3);
    }

    @Test
    void stopsForAClientThatDoesNotRead() {
        start(
                (c, args, reply) -> {
                    events.add("get");
                    reply.bulk(new byte[400_000]);
                },
                new BackPressure(1_000, 1_000_000, 1_000_000));
        // Nothing is flushed before the read is complete, as on a socket that takes nothing.
        channel.pipeline().fireChannelRead(buffer("get\r\n".repeat(10)));
        assertThat(events).hasSize(3);
        assertThat(channel.config().isAutoRead()).isFalse();
        channel.pipeline().fireChannelReadComplete();
        sent();
        channel.runPendingTasks();
        for (int i = 0; i < 10; i++) {
            sent();
        }
        assertThat(events).hasSize(10);
        assertThat(channel.config().isAutoRead()).isTrue();
    }

    @Test
    void refusesMalformedInputBehindTheAnswersThatAreDue() {
        start(BackPressure.DEFAULT);
        channel.writeInbound(buffer("a\r\n*1\r\n:5\r\nnow\r\n"));
        assertThat(sent()).isEmpty();
        replies.get(0).ok();
        assertThat(sent()).isEqualTo("+OK\r\n-ERR Protocol error: expected '$', got ':'\r\n");
        assertThat(channel.isOpen()).isFalse();
        assertThat(events).containsExactly("connected", "a", "disconnected", "closed");
    }

    @Test
    void closesAfterTheAnswersThatAreDueAndTakesNoMoreCommands() {
        start(BackPressure.DEFAULT);
        channel.writeInbound(buffer("a\r\nquit\r\nnow\r\n"));
        channel.writeInbound(buffer("now\r\n"));
        assertThat(channel.isOpen()).isTrue();
        replies.get(0).ok();
        assertThat(sent()).isEqualTo("+OK\r\n+OK\r\n");
        assertThat(channel.isOpen()).isFalse();
        assertThat(events).containsExactly("connected", "a", "quit", "disconnected", "closed");
    }

    @Test
    void carriesOutNothingAfterAClose() {
        start(BackPressure.DEFAULT);
        channel.writeInbound(buffer("kill\r\nnow\r\n"));
        assertThat(sent()).isEmpty();
        assertThat(events).containsExactly("connected", "kill", "disconnected", "closed");
    }

    @Test
    void dropsAnswersThatComeAfterTheEnd() {
        start(BackPressure.DEFAULT);
        channel.writeInbound(buffer("a\r\nb\r\n*1\r\n$4\r\npa"));
        channel.close();
        replies.get(1).bulk(new byte[10]);
        replies.get(0).ok();
        assertThat(sent()).isEmpty();
        assertThat(connection.pendingReplies()).isZero();
    }

    @Test
    void sendsPushesInProtocol3Only() {
        start(BackPressure.DEFAULT);
        RespValue.Push push = RespValue.push("event", RespValue.integer(1));
        assertThatThrownBy(() -> connection.push(push)).isInstanceOf(IllegalStateException.class);
        connection.setProtocol(3);
        channel.writeInbound(buffer("a\r\n"));
        connection.push(push);
        replies.get(0).nil();
        assertThat(sent()).isEqualTo(">2\r\n$5\r\nevent\r\n:1\r\n_\r\n");
    }
}
