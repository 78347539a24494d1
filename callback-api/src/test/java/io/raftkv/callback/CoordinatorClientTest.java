package io.raftkv.callback;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.raftkv.callback.FakeCluster.Fate;
import io.raftkv.config.HostPort;
import io.raftkv.resp.RespValue;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class CoordinatorClientTest {
    private FakeCluster cluster;
    private CoordinatorClient client;

    @BeforeEach
    void open() throws Exception {
        cluster = new FakeCluster(3);
        client = CoordinatorClient.open(cluster.config());
    }

    @AfterEach
    void close() {
        client.close();
        cluster.close();
    }

    private CoordinatorException failure(Runnable request) {
        CoordinatorException e = catchThrowableOfType(CoordinatorException.class, request::run);
        assertThat(e).isNotNull();
        return e;
    }

    @Test
    void setsAndReadsSlots() {
        client.setSlot("s", 3, "a:1:3", false);
        assertThat(client.slots("s")).containsExactly(null, null, null, "a:1:3");
        client.setSlot("s", 0, "键 | ; :", true);
        client.setSlot("s", 1, "x", new Fence(2, 7));
        assertThat(client.slots("s")).containsExactly("键 | ; :", "x", null, "a:1:3");
        assertThat(cluster.log())
                .anyMatch(command -> command.endsWith(" SETSLOT s 0 键 | ; : FORCE"))
                .anyMatch(command -> command.endsWith(" SETSLOT s 1 x FENCE 2 7"))
                .contains("SLOTS s");
    }

    @Test
    void understandsEveryAnswer() {
        assertThat(client.join(new TreeMap<>(Map.of(1, List.of(":1", ":2"), 2, List.of(":3")))))
                .isEqualTo(5);
        assertThat(client.leave(List.of(1, 2))).isEqualTo(3);
        assertThat(client.move(0, 2)).isEqualTo(3);
        assertThat(client.query().format()).isEqualTo("{1 [1 1] map[1:[:8088]]}");
        assertThat(client.query(1)).isEqualTo(client.query());
        assertThat(client.members("s")).containsExactly(new Member(101, 2, "a:1", true, 5));
        Genesis genesis = new Genesis(3, 1, List.of(new Genesis.Voter(-1, 7, ":8088")));
        assertThat(client.genesis()).containsExactly(genesis);
        assertThat(client.genesis(3)).contains(genesis);
        assertThat(client.genesis(9)).isEmpty();
        assertThat(client.activate(3)).isEqualTo(genesis);
        client.bind(HostPort.parse(":8088"), -1);
        assertThat(client.addNode("a:2")).isEqualTo(2);
        assertThat(client.removeNode("ff")).isEqualTo(2);
        assertThat(client.replaceNode("a:2", "a:3")).isEqualTo(3);
        assertThat(client.nodes())
                .isEqualTo(new CoordinatorNodes(
                        2, null, 4, 9, 10, List.of(new CoordinatorNodes.Row(-1, "a:1", "leader", 10L))));
        assertThat(client.servers()).isEqualTo(Map.of("127.0.0.1:8088", -1L));
        assertThat(client.info())
                .isEqualTo(new ClusterInfo(
                        "c1",
                        "test",
                        16,
                        null,
                        4,
                        9,
                        List.of(new ClusterInfo.CoordinatorNode(10, "127.0.0.1:50000", "follower"))));
        assertThat(cluster.log())
                .anyMatch(command -> command.endsWith(" JOIN 1 :1,:2 2 :3"))
                .anyMatch(command -> command.startsWith("REQ ") && command.endsWith(" COORD.REPLACE a:2 a:3"))
                .anyMatch(command -> command.endsWith(" SERVER.BIND 127.0.0.1:8088 ffffffffffffffff"))
                .contains("QUERY", "QUERY 1", "GENESIS", "GENESIS 3");
    }

    @Test
    void anAnswerOfAnotherFormIsAnErrorThatShowsIt() {
        cluster.replace(command -> command.equals("MEMBERS") ? RespValue.array(RespValue.integer(1)) : null);
        assertThat(failure(() -> client.members("s")))
                .hasMessageStartingWith("ERR the coordinator's answer is not understood: ")
                .hasMessageContaining("1");
    }

    @Test
    void aRefusalIsNotTriedAgain() {
        cluster.refuse(command -> command.equals("ACTIVATE") ? "NOTREADY 127.0.0.1:8089 is not known yet" : null);
        CoordinatorException e = failure(() -> client.activate(0));
        assertThat(e).hasMessage("NOTREADY 127.0.0.1:8089 is not known yet");
        assertThat(e.is(CoordinatorException.NOT_READY)).isTrue();
        assertThat(e.mayHaveHappened()).isFalse();
        assertThat(cluster.log()).hasSize(1);
    }

    @Test
    void aWriteWhoseReplyIsLostIsCarriedOutOnce() {
        cluster.script(FakeCluster.first("JOIN", Fate.LOSE_REPLY, Fate.LOSE_REPLY, Fate.LOSE_REQUEST));
        assertThat(client.join(new TreeMap<>(Map.of(1, List.of(":1"))))).isEqualTo(3);
        assertThat(cluster.executions("JOIN")).isEqualTo(1);
        assertThat(cluster.log()).hasSize(4);
        assertThat(cluster.log().stream().distinct())
                .as("the same number each time")
                .hasSize(1);
    }

    @Test
    void writesHaveNumbersThatDiffer() {
        client.setSlot("s", 0, "a", false);
        client.setSlot("s", 0, "a", false);
        assertThat(cluster.executions("SETSLOT")).isEqualTo(2);
    }

    @Test
    void goesToAnotherNodeWhenOneIsGone() throws Exception {
        for (int down = 0; down < 3; down++) {
            cluster.stop(down);
            client.setSlot("s", 0, "without " + down, false);
            cluster.restart(down);
        }
        assertThat(client.slots("s")).containsExactly("without 2");
    }

    @Test
    void leavesANodeThatHasNoLeader() {
        List<String> left = new ArrayList<>(List.of("NOLEADER no majority (1 of 3)", "TIMEOUT the outcome is unknown"));
        cluster.refuse(command -> left.isEmpty() ? null : left.remove(0));
        client.setSlot("s", 0, "a", false);
        assertThat(cluster.executions("SETSLOT")).isEqualTo(1);
        assertThat(cluster.log()).hasSize(3);
    }

    @Test
    void waitsWhileTheNodeIsBusy() {
        List<String> left = new ArrayList<>(List.of("BUSY later", "BUSY later"));
        cluster.refuse(command -> left.isEmpty() ? null : left.remove(0));
        assertThat(client.slots("s")).isEmpty();
        assertThat(cluster.log()).containsExactly("SLOTS s", "SLOTS s", "SLOTS s");
    }

    @Test
    void leavesANodeThatDoesNotAnswer() {
        client.close();
        client = CoordinatorClient.open(cluster.config().withRequestTimeoutMs(1_500));
        cluster.script(FakeCluster.first("SLOTS", Fate.IGNORE));
        assertThat(client.slots("s")).isEmpty();
        assertThat(cluster.log()).hasSize(2);
    }

    @Test
    void theDeadlineHoldsOverAllRetries() {
        client.close();
        client = CoordinatorClient.open(cluster.config().withRequestTimeoutMs(300));
        cluster.refuse(command -> "NOLEADER no majority (1 of 3)");
        long before = System.nanoTime();
        CoordinatorException e = failure(() -> client.setSlot("s", 0, "a", false));
        assertThat(TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - before)).isBetween(290L, 3_000L);
        assertThat(e.code()).isEqualTo("NOLEADER");
        assertThat(e.mayHaveHappened()).isFalse();
        assertThat(e).hasMessageContaining("within 300 ms").hasMessageContaining("no majority (1 of 3)");
    }

    @Test
    void saysThatAWriteMayHaveHappened() {
        client.close();
        client = CoordinatorClient.open(cluster.config().withRequestTimeoutMs(300));
        cluster.script(command -> Fate.LOSE_REPLY);
        CoordinatorException write = failure(() -> client.setSlot("s", 0, "a", false));
        assertThat(write.code()).isEqualTo("TIMEOUT");
        assertThat(write.mayHaveHappened()).isTrue();
        CoordinatorException read = failure(() -> client.slots("s"));
        assertThat(read.mayHaveHappened()).as("a read changes nothing").isFalse();
    }

    @Test
    void saysWhenNoNodeCouldBeReached() {
        client.close();
        client = CoordinatorClient.open(cluster.config().withRequestTimeoutMs(300));
        cluster.close();
        CoordinatorException e = failure(() -> client.setSlot("s", 0, "a", false));
        assertThat(e.code()).isEqualTo("TIMEOUT");
        assertThat(e.mayHaveHappened()).isFalse();
        assertThat(e).hasMessageContaining("refused");
    }

    @Test
    void closingEndsOpenRequests() {
        cluster.script(command -> Fate.IGNORE);
        CompletableFuture<RespValue> write = client.call("SETSLOT", "s", "0", "a");
        CompletableFuture<RespValue> read = client.call("SLOTS", "s");
        await().until(() -> cluster.log().size() == 2);
        client.close();
        assertThatExceptionOfType(CompletionException.class)
                .isThrownBy(write::join)
                .satisfies(e -> assertThat(((CoordinatorException) e.getCause()).mayHaveHappened())
                        .isTrue())
                .withMessageContaining("CLOSED");
        assertThatExceptionOfType(CompletionException.class)
                .isThrownBy(read::join)
                .satisfies(e -> assertThat(((CoordinatorException) e.getCause()).mayHaveHappened())
                        .isFalse());
        assertThat(failure(() -> client.slots("s")).code()).isEqualTo("CLOSED");
        client.close();
    }

    @Test
    void manyRequestsAtOnceAreAllAnswered() {
        List<CompletableFuture<RespValue>> all = new ArrayList<>();
        for (int i = 0; i < 2_000; i++) {
            all.add(client.call("SETSLOT", "s", Integer.toString(i % 10), "v" + i));
            if (i % 500 == 250) {
                cluster.script(FakeCluster.first("SETSLOT", Fate.LOSE_REPLY));
            }
        }
        all.forEach(CompletableFuture::join);
        assertThat(cluster.executions("SETSLOT")).isEqualTo(2_000);
    }

    @Test
    void whatDependsOnACallMayCallAndWait() {
        List<String> slots = client.call("SETSLOT", "s", "0", "a")
                .thenApply(ok -> client.slots("s"))
                .thenCombine(client.call("SETSLOT", "s", "1", "b"), (list, ok) -> list)
                .join();
        assertThat(slots).contains("a");
        assertThatExceptionOfType(CompletionException.class)
                .isThrownBy(() -> client.call("NONSENSE").join())
                .withMessageContaining("ERR unknown command");
    }

    @Test
    void refusesToBlockItsOwnLoop() throws Exception {
        EventLoopGroup group = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
        try (CoordinatorClient shared = CoordinatorClient.open(cluster.config(), group)) {
            assertThat(shared.slots("s")).isEmpty();
            AtomicReference<Throwable> thrown = new AtomicReference<>();
            group.submit(() -> {
                        try {
                            shared.slots("s");
                        } catch (IllegalStateException e) {
                            thrown.set(e);
                        }
                    })
                    .sync();
            assertThat(thrown.get()).hasMessageContaining("SLOTS would block the client's event loop");
            assertThat(group.isShuttingDown()).isFalse();
        } finally {
            group.shutdownGracefully(0, 1, TimeUnit.SECONDS).sync();
        }
    }

    @Test
    void refusesSlotsThatAreOutOfRangeBeforeAsking() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> client.setSlot("s", -1, "a", false))
                .withMessage("slot index -1 is out of range; allowed: 0 to 65535");
        assertThatIllegalArgumentException().isThrownBy(() -> client.setSlot("s", 65_536, "a", false));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> client.setSlot("s", 0, "键".repeat(21_846), false))
                .withMessage("the text for slot 0 has 65538 bytes in UTF-8; allowed: up to 65536");
        assertThat(cluster.log()).isEmpty();
        client.setSlot("s", 65_535, "a".repeat(65_536), false);
    }

    @Test
    void anInterruptEndsTheWaiting() {
        cluster.script(command -> Fate.IGNORE);
        Thread.currentThread().interrupt();
        assertThat(failure(() -> client.setSlot("s", 0, "a", false)).code()).isEqualTo("INTERRUPTED");
        assertThat(Thread.interrupted()).isTrue();
        assertThatIllegalStateException().isThrownBy(() -> new RaftClient(new Recorder()).getCurrentSlot());
    }
}
