package io.raftkv.raft.driver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.raftkv.raft.Bytes;
import io.raftkv.raft.Completion;
import io.raftkv.raft.Configuration;
import io.raftkv.raft.RaftException;
import io.raftkv.raft.RaftGroup;
import io.raftkv.raft.ReadMode;
import io.raftkv.raft.ReplicaId;
import io.raftkv.raft.ResultCodec;
import io.raftkv.raft.SmallStateMachine;
import io.raftkv.raft.core.CoreOptions;
import io.raftkv.raft.core.Message;
import io.raftkv.raft.core.SnapshotMeta;
import io.raftkv.raft.log.FileDisk;
import io.raftkv.raft.log.LogOptions;
import io.raftkv.raft.transport.FrameCodec;
import io.raftkv.raft.transport.Lane;
import io.raftkv.raft.transport.Transport;
import io.raftkv.raft.transport.netty.NettyLoop;
import io.raftkv.raft.transport.netty.NettyTransport;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Three nodes in one process over real sockets and real files. */
class RaftNodeTest {
    private static final long GROUP = 7;
    private static final long HELD_BYTES = 2 << 20;
    /** Makes the state machine fail with an error. */
    private static final long POISON = Long.MIN_VALUE;

    @TempDir
    Path folder;

    private final Map<Long, InetSocketAddress> addresses = new ConcurrentHashMap<>();
    private final Map<Long, Server> servers = new ConcurrentHashMap<>();

    /** Adds numbers; the result is the sum. */
    private static final class Sum implements SmallStateMachine {
        private long sum;

        @Override
        public Object apply(long index, long timeMs, Bytes command) {
            long value = command.asByteBuffer().getLong();
            if (value == POISON) {
                throw new StackOverflowError("as asked");
            }
            sum += value;
            return sum;
        }

        @Override
        public ResultCodec resultCodec() {
            return new ResultCodec() {
                @Override
                public Bytes encode(Object result) {
                    return number((Long) result);
                }

                @Override
                public Object decode(Bytes bytes) {
                    return bytes.asByteBuffer().getLong();
                }
            };
        }

        @Override
        public byte[] save() {
            return number(sum).toArray();
        }

        @Override
        public void restore(byte[] state) {
            sum = ByteBuffer.wrap(state).getLong();
        }
    }

    private final class Server implements AutoCloseable {
        final EventLoopGroup loops = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
        final ExecutorService log = Executors.newSingleThreadExecutor();
        final ExecutorService background = Executors.newSingleThreadExecutor();
        final FileDisk disk;
        final RaftNode node;
        final RaftGroup group;
        final Sum sum = new Sum();
        final BlockingQueue<ReplicaId> invited = new LinkedBlockingQueue<>();

        Server(long id, Configuration genesis) throws IOException {
            NettyTransport transport = new NettyTransport("test", id, loops, addresses::get);
            addresses.put(
                    id, new InetSocketAddress("127.0.0.1", transport.listen(new InetSocketAddress("127.0.0.1", 0))));
            disk = new FileDisk(folder.resolve("server-" + id));
            CoreOptions core = CoreOptions.DEFAULT
                    .with()
                    .heartbeatMs(30)
                    .electionMinMs(150)
                    .electionMaxMs(300)
                    .maxAppendBytes(4096)
                    .maxInflightMessages(16)
                    .maxInflightBytes(64 << 10)
                    .maxUncommittedBytes(1 << 20)
                    .cacheBytes(16 << 10)
                    .tailBytes(8 << 10)
                    .lagBytes(0)
                    .build();
            RaftOptions options = RaftOptions.DEFAULT
                    .with()
                    .core(core)
                    .maxBatchBytes(4096)
                    .maxBatchCommands(64)
                    .maxCommandBytes(1 << 20)
                    .maxPendingBytes(8 << 20)
                    .maxLogQueueBytes(8 << 20)
                    .maxHeldBytes(HELD_BYTES)
                    .snapshotThresholdBytes(32 << 10)
                    .snapshotChunkBytes(1000)
                    .build();
            node = RaftNode.open(RaftNodeOptions.of(
                            id, "test", disk, List.of(new NettyLoop(loops.next())), log, background, transport)
                    .raft(options)
                    .log(LogOptions.small(16 << 10, failure -> {}))
                    .seed(id)
                    .onInvited((groupId, replica) -> invited.add(replica))
                    .onFailure(failure -> failures.add(failure))
                    .build());
            group = node.openGroup(GROUP, new ReplicaId(id, 1), genesis, sum);
        }

        @Override
        public void close() throws IOException {
            node.close();
            log.shutdown();
            background.shutdown();
            loops.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly();
        }
    }

    private final List<Throwable> failures = java.util.Collections.synchronizedList(new ArrayList<>());

    @AfterEach
    void stopAll() throws IOException {
        for (Server server : servers.values()) {
            server.close();
        }
        assertThat(failures).isEmpty();
    }

    private void start(long... ids) throws IOException {
        Configuration genesis =
                Configuration.of(List.of(new ReplicaId(1, 1), new ReplicaId(2, 1), new ReplicaId(3, 1)));
        for (long id : ids) {
            servers.put(id, new Server(id, genesis));
        }
    }

    private void stop(long id) throws IOException {
        servers.remove(id).close();
    }

    private Server leader() {
        return await().atMost(Duration.ofSeconds(20))
                .pollInterval(Duration.ofMillis(5))
                .until(
                        () -> servers.values().stream()
                                .filter(server -> server.group.isLeader())
                                .findFirst()
                                .orElse(null),
                        found -> found != null);
    }

    private static Bytes number(long value) {
        return Bytes.wrap(java.nio.ByteBuffer.allocate(8).putLong(value).array());
    }

    private static void holdsNothing(Server server) {
        await().atMost(Duration.ofSeconds(10)).until(() -> server.node.status().heldBytes() == 0);
    }

    @Test
    void allGroupsTogetherHoldNoMoreThanTheirBudget() throws Exception {
        start(1, 2, 3);
        add(1);
        Server leader = leader();
        for (long id : new long[] {1, 2, 3}) {
            if (id != leader.group.self().server()) {
                stop(id);
            }
        }
        // Nothing can be committed any more: all that is taken stays.
        Bytes large = Bytes.wrap(new byte[100 << 10]);
        List<CompletableFuture<Object>> answers = new ArrayList<>();
        for (int i = 0; i < 30; i++) {
            answers.add(leader.group.propose(large).toCompletableFuture());
            assertThat(leader.node.status().heldBytes()).isLessThanOrEqualTo(HELD_BYTES);
        }
        assertThat(answers).anySatisfy(answer -> assertThatThrownBy(() -> answer.get(10, TimeUnit.SECONDS))
                .hasRootCauseInstanceOf(RaftException.Busy.class));
        // It finds out that it is alone, and gives everything back.
        holdsNothing(leader);
        assertThat(answers).allSatisfy(answer -> assertThat(answer).isCompletedExceptionally());
    }

    /** Adds {@code value}, again until it surely counted; only for a cluster whose leader stays. */
    private long add(long value) throws Exception {
        return (Long)
                leader().group.propose(number(value)).toCompletableFuture().get(10, TimeUnit.SECONDS);
    }

    private static long read(Server server) throws Exception {
        return read(server, ReadMode.LEADER);
    }

    private static long read(Server server, ReadMode mode) throws Exception {
        CompletableFuture<Long> result = new CompletableFuture<>();
        server.group.read(mode, () -> server.sum.sum, new Completion() {
            @Override
            public void succeeded(Object sum) {
                result.complete((Long) sum);
            }

            @Override
            public void failed(RaftException failure) {
                result.completeExceptionally(failure);
            }
        });
        return result.get(10, TimeUnit.SECONDS);
    }

    @Test
    void replicatesAndReads() throws Exception {
        start(1, 2, 3);
        for (int i = 1; i <= 100; i++) {
            assertThat(add(1)).isEqualTo(i);
        }
        assertThat(read(leader())).isEqualTo(100);
        Server leader = leader();
        Server follower = servers.values().stream()
                .filter(server -> server != leader)
                .findFirst()
                .orElseThrow();
        assertThatThrownBy(() ->
                        follower.group.propose(number(1)).toCompletableFuture().get(10, TimeUnit.SECONDS))
                .isInstanceOf(ExecutionException.class)
                .cause()
                .isInstanceOfSatisfying(RaftException.NotLeader.class, failure -> assertThat(failure.leader())
                        .isEqualTo(leader.group.self()));
    }

    @Test
    void everyServerReadsWhatWasAcknowledged() throws Exception {
        start(1, 2, 3);
        for (int i = 1; i <= 20; i++) {
            assertThat(add(1)).isEqualTo(i);
            for (Server server : servers.values()) {
                // One that started last may not have heard of the leader yet.
                await().atMost(Duration.ofSeconds(20)).until(() -> server.group.leader() != null);
                assertThat(read(server, ReadMode.ANY)).isEqualTo(i);
            }
        }
    }

    @Test
    void everyServerTakesProposalsForTheLeader() throws Exception {
        start(1, 2, 3);
        long expected = 0;
        for (int i = 0; i < 20; i++) {
            for (Server server : servers.values()) {
                await().atMost(Duration.ofSeconds(20)).until(() -> server.group.leader() != null && leader() != null);
                CompletableFuture<Long> result = new CompletableFuture<>();
                server.group.forward(number(1), new Completion() {
                    @Override
                    public void succeeded(Object sum) {
                        result.complete((Long) sum);
                    }

                    @Override
                    public void failed(RaftException failure) {
                        result.completeExceptionally(failure);
                    }
                });
                assertThat(result.get(10, TimeUnit.SECONDS)).isEqualTo(++expected);
            }
        }
    }

    @Test
    void survivesItsLeaderAndBringsItBackThroughASnapshot() throws Exception {
        start(1, 2, 3);
        assertThat(add(5)).isEqualTo(5);
        long old = leader().group.self().server();
        stop(old);
        // More than the log keeps, so that the one who was away needs a snapshot.
        List<CompletableFuture<Object>> pending = new ArrayList<>();
        Server leader = leader();
        for (int i = 0; i < 5000; i++) {
            pending.add(leader.group.propose(number(1)).toCompletableFuture());
            if (pending.size() == 50) {
                CompletableFuture.allOf(pending.toArray(new CompletableFuture<?>[0]))
                        .get(10, TimeUnit.SECONDS);
                pending.clear();
            }
        }
        assertThat(read(leader)).isEqualTo(5005);
        assertThat(leader.group.status().snapshotIndex()).isPositive();
        start(old);
        Server back = servers.get(old);
        await().atMost(Duration.ofSeconds(20))
                .untilAsserted(() -> assertThat(back.group.status().lastApplied())
                        .isEqualTo(leader.group.status().lastApplied()));
        assertThat(back.group.status().snapshotIndex()).isPositive();
        CompletableFuture<Long> sum = new CompletableFuture<>();
        back.group.loop().execute(() -> sum.complete(back.sum.sum));
        assertThat(sum.get(10, TimeUnit.SECONDS)).isEqualTo(5005);
    }

    @Test
    void restartsFromDisk() throws Exception {
        start(1, 2, 3);
        for (int i = 0; i < 200; i++) {
            add(1);
        }
        for (long id = 1; id <= 3; id++) {
            stop(id);
        }
        start(1, 2, 3);
        assertThat(read(leader())).isEqualTo(200);
        assertThat(add(1)).isEqualTo(201);
    }

    @Test
    void refusesToServeWithoutAMajority() throws Exception {
        start(1, 2, 3);
        add(1);
        Server leader = leader();
        for (long id : List.copyOf(servers.keySet())) {
            if (id != leader.group.self().server()) {
                stop(id);
            }
        }
        await().atMost(Duration.ofSeconds(20)).until(() -> !leader.group.isLeader());
        assertThatThrownBy(() -> read(leader)).hasCauseInstanceOf(RaftException.NotLeader.class);
    }

    /** Proposes its command again at once, a few times, when it is refused. */
    private static final class Stubborn implements Completion {
        final CompletableFuture<Integer> tries = new CompletableFuture<>();
        private final RaftGroup group;
        private int count;

        Stubborn(RaftGroup group) {
            this.group = group;
        }

        @Override
        public void succeeded(Object result) {
            tries.complete(count);
        }

        @Override
        public void failed(RaftException failure) {
            if (++count == 5) {
                tries.complete(count);
            } else {
                group.propose(number(0), this);
            }
        }
    }

    @Test
    void completionsMayProposeAgain() throws Exception {
        start(1, 2, 3);
        RaftGroup leader = leader().group;
        RaftGroup follower = servers.values().stream()
                .map(server -> server.group)
                .filter(group -> group != leader)
                .findFirst()
                .orElseThrow();
        List<Stubborn> refused = new ArrayList<>();
        follower.loop().execute(() -> {
            for (int i = 0; i < 100; i++) {
                Stubborn one = new Stubborn(follower);
                refused.add(one);
                follower.propose(number(0), one);
            }
        });
        follower.loop().execute(() -> {});
        await().until(() -> refused.size() == 100);
        for (Stubborn one : refused) {
            assertThat(one.tries.get(10, TimeUnit.SECONDS)).isEqualTo(5);
        }
        assertThat(failures).isEmpty();
    }

    @Test
    void letsGoOfItsFolderThoughItsLoopsHaveEndedBefore() throws Exception {
        start(1);
        Server first = servers.remove(1L);
        first.loops.shutdownGracefully(0, 0, TimeUnit.SECONDS).sync();
        assertThatThrownBy(first::close).isInstanceOf(RejectedExecutionException.class);
        first.log.shutdown();
        first.background.shutdown();
        start(1);
    }

    @Test
    void nothingIsAppliedOnceACompletionClosedTheGroup() throws Exception {
        Server alone = new Server(4, Configuration.of(List.of(new ReplicaId(4, 1))));
        servers.put(4L, alone);
        add(1);
        CompletableFuture<RaftException> late = new CompletableFuture<>();
        alone.group.loop().execute(() -> {
            // Two entries, as they do not fit into one.
            for (int i = 0; i < 64; i++) {
                alone.group.propose(number(1), new Completion() {
                    @Override
                    public void succeeded(Object result) {
                        alone.node.closeGroup(GROUP);
                    }

                    @Override
                    public void failed(RaftException failure) {}
                });
            }
            alone.group.propose(number(1000), new Completion() {
                @Override
                public void succeeded(Object result) {}

                @Override
                public void failed(RaftException failure) {
                    late.complete(failure);
                }
            });
        });
        assertThat(late.get(10, TimeUnit.SECONDS)).isInstanceOf(RaftException.OutcomeUnknown.class);
        CompletableFuture<Long> sum = new CompletableFuture<>();
        alone.group.loop().execute(() -> sum.complete(alone.sum.sum));
        assertThat(sum.get(10, TimeUnit.SECONDS)).isEqualTo(65);
        assertThat(alone.group.isLeader()).isFalse();
        // What it holds in memory is no longer what is on disk.
        assertThatThrownBy(() -> alone.node.openGroup(GROUP, new ReplicaId(4, 1), null, new Sum()))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("opened before");
    }

    @Test
    void stopsWhenTheStateMachineFailsWithAnError() throws Exception {
        Server alone = new Server(4, Configuration.of(List.of(new ReplicaId(4, 1))));
        servers.put(4L, alone);
        add(1);
        alone.group.propose(number(POISON));
        await().until(() -> !failures.isEmpty());
        assertThat(failures).singleElement().isInstanceOf(StackOverflowError.class);
        failures.clear();
        assertThatThrownBy(() ->
                        alone.group.propose(number(1)).toCompletableFuture().get(10, TimeUnit.SECONDS))
                .hasCauseInstanceOf(RaftException.Stopped.class);
    }

    /** A leader of which only the words are real. */
    private final class FakeLeader implements Transport.Receiver, AutoCloseable {
        final BlockingQueue<Message> answers = new LinkedBlockingQueue<>();
        final NettyTransport transport;
        final ReplicaId to;

        FakeLeader(long id, Server server) throws IOException {
            to = server.group.self();
            transport = new NettyTransport("test", id, server.loops, addresses::get);
            transport.start(this);
            addresses.put(
                    id, new InetSocketAddress("127.0.0.1", transport.listen(new InetSocketAddress("127.0.0.1", 0))));
        }

        /** Sends until it is answered; returns how many bytes the receiver holds. */
        long install(long term, SnapshotMeta meta, long totalBytes, int chunk) {
            Message message = new Message.InstallSnapshot(term, meta, totalBytes, 0, 0, Bytes.wrap(new byte[chunk]));
            ReplicaId from = new ReplicaId(2, 1);
            return await().atMost(Duration.ofSeconds(10))
                    .until(
                            () -> {
                                transport.send(
                                        1,
                                        Lane.BULK,
                                        FrameCodec.encode(List.of(new Message.Envelope(GROUP, from, to, message))));
                                return answers.poll(100, TimeUnit.MILLISECONDS)
                                                instanceof Message.SnapshotResponse answer
                                        ? answer.receivedBytes()
                                        : -1L;
                            },
                            received -> received >= 0);
        }

        @Override
        public void received(long server, ByteBuffer frame) {
            try {
                FrameCodec.decode(server, 2, frame).forEach(envelope -> answers.add(envelope.message()));
            } catch (FrameCodec.BadFrameException e) {
                failures.add(e);
            }
        }

        @Override
        public void linkChanged(long server, boolean up) {}

        @Override
        public void close() {
            transport.close();
        }
    }

    @Test
    void aSnapshotOfAnotherLengthBeginsAnewAndIsLetGoWhenTheGroupCloses() throws Exception {
        start(1);
        Server server = servers.get(1L);
        try (FakeLeader fake = new FakeLeader(2, server)) {
            SnapshotMeta meta =
                    new SnapshotMeta(100, 5, Configuration.of(List.of(new ReplicaId(1, 1), new ReplicaId(2, 1))), 0, 0);
            assertThat(fake.install(5, meta, 5000, 900)).isEqualTo(900);
            // The same state as another leader wrote it.
            assertThat(await().until(() -> fake.install(6, meta, 9000, 700), received -> received == 700))
                    .isEqualTo(700);
        }
        Path descriptors = Path.of("/proc/self/fd");
        if (Files.isDirectory(descriptors)) {
            assertThat(openParts(descriptors)).isPositive();
            server.node.closeGroup(GROUP);
            await().until(() -> openParts(descriptors) == 0);
        }
    }

    private static long openParts(Path descriptors) throws IOException {
        try (Stream<Path> all = Files.list(descriptors)) {
            return all.filter(descriptor -> {
                        try {
                            return Files.readSymbolicLink(descriptor).toString().endsWith(".part");
                        } catch (IOException e) {
                            // Closed meanwhile.
                            return false;
                        }
                    })
                    .count();
        }
    }

    private static void change(Server leader, long version, long... ids) throws Exception {
        SortedSet<ReplicaId> voters = new TreeSet<>();
        for (long id : ids) {
            voters.add(new ReplicaId(id, 1));
        }
        change(leader, version, voters);
    }

    private static void change(Server leader, long version, SortedSet<ReplicaId> voters) throws Exception {
        changing(leader, version, voters).get(20, TimeUnit.SECONDS);
    }

    private static CompletableFuture<Void> changing(Server leader, long version, SortedSet<ReplicaId> voters) {
        CompletableFuture<Void> result = new CompletableFuture<>();
        leader.group.changeMembers(voters, version, new Completion() {
            @Override
            public void succeeded(Object nothing) {
                result.complete(null);
            }

            @Override
            public void failed(RaftException failure) {
                result.completeExceptionally(failure);
            }
        });
        return result;
    }

    @Test
    void movesToOtherServers() throws Exception {
        start(1, 2, 3);
        for (int i = 1; i <= 1000; i++) {
            add(1);
        }
        servers.put(4L, new Server(4, null));
        servers.put(5L, new Server(5, null));
        Server leader = leader();
        long id = leader.group.self().server();
        servers.put(6L, new Server(6, null));

        change(leader, 1, id, 4, 5);

        assertThat(leader.group.status().configuration().mapVersion()).isEqualTo(1);
        assertThat(add(1)).isEqualTo(1001);
        // The leader itself leaves: it cannot see the end, its heir does.
        assertThatThrownBy(() -> change(leader, 2, 4, 5, 6)).hasCauseInstanceOf(RaftException.OutcomeUnknown.class);
        await().atMost(Duration.ofSeconds(20)).ignoreExceptions().untilAsserted(() -> {
            change(leader(), 2, 4, 5, 6);
            assertThat(read(leader())).isEqualTo(1001);
        });
        assertThat(leader.group.isLeader()).isFalse();
        assertThatThrownBy(() -> change(leader(), 1, 1, 2, 3)).hasCauseInstanceOf(RaftException.ChangeRefused.class);
    }

    @Test
    void aReplicaThatLeftIsDroppedAndItsServerComesBackWithAnotherOne() throws Exception {
        start(1, 2, 3);
        add(7);
        Server leader = leader();
        long leaderId = leader.group.self().server();
        long leaves = leaderId == 3 ? 2 : 3;
        long stays = 6 - leaderId - leaves;
        Server left = servers.get(leaves);
        CompletableFuture<Long> told = new CompletableFuture<>();
        left.group.onLeaderChange(new RaftGroup.LeaderListener() {
            @Override
            public void leaderChanged(ReplicaId newLeader, long term, boolean ready) {}

            @Override
            public void removed(long configurationIndex) {
                told.complete(configurationIndex);
            }
        });
        assertThatThrownBy(() -> left.node.openGroup(GROUP, new ReplicaId(leaves, 1), null, new Sum()))
                .hasMessageContaining("was opened before");

        change(leader, 1, leaderId, stays);
        assertThat(told.get(20, TimeUnit.SECONDS)).isPositive();
        left.node.dropGroup(GROUP).toCompletableFuture().get(10, TimeUnit.SECONDS);

        assertThat(left.disk.list("snapshots/" + String.format("%016x", GROUP))).isEmpty();
        assertThatThrownBy(() -> left.node.openGroup(GROUP, new ReplicaId(leaves, 1), null, new Sum()))
                .hasMessageContaining("its id is never used again");
        assertThatThrownBy(() -> change(leader(), 2, leaderId, stays, leaves))
                .hasCauseInstanceOf(RaftException.ChangeRefused.class)
                .hasMessageContaining("next incarnation");
        Sum sum = new Sum();
        ReplicaId next = new ReplicaId(leaves, 2);
        assertThat(left.invited).isEmpty();
        CompletableFuture<Void> changing = changing(
                leader(), 2, new TreeSet<>(List.of(new ReplicaId(leaderId, 1), new ReplicaId(stays, 1), next)));
        // Its server hears of it from the leader's own messages.
        assertThat(left.invited.poll(20, TimeUnit.SECONDS)).isEqualTo(next);
        RaftGroup again = left.node.openGroup(GROUP, next, null, sum);
        changing.get(20, TimeUnit.SECONDS);
        add(1);
        await().atMost(Duration.ofSeconds(20)).until(() -> sum.sum == 8);
        assertThat(again.status().configuration().retired()).containsExactly(Map.entry(leaves, 1L));
    }
}
