package io.raftkv.raft.driver;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import com.sun.management.OperatingSystemMXBean;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.raftkv.raft.Bytes;
import io.raftkv.raft.Completion;
import io.raftkv.raft.Configuration;
import io.raftkv.raft.RaftException;
import io.raftkv.raft.RaftGroup;
import io.raftkv.raft.ReplicaId;
import io.raftkv.raft.StateMachine;
import io.raftkv.raft.log.FileDisk;
import io.raftkv.raft.transport.netty.NettyLoop;
import io.raftkv.raft.transport.netty.NettyTransport;
import java.io.BufferedReader;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.lang.management.ManagementFactory;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.LongStream;
import org.slf4j.LoggerFactory;

/** One process of {@link GroupsBenchmark}, which talks to it over its standard streams. */
final class GroupsBenchmarkNode {
    private static final int IN_FLIGHT = 16;

    private final EventLoopGroup loops = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
    private final ExecutorService log = Executors.newSingleThreadExecutor();
    private final ExecutorService background = Executors.newSingleThreadExecutor();
    private final List<RaftGroup> groups = new ArrayList<>();
    private final RaftNode node;

    /** Counts commands. */
    private static final class Count implements StateMachine {
        private long count;

        @Override
        public Object apply(long index, long timeMs, Bytes command) {
            return ++count;
        }

        @Override
        public FrozenState freeze() {
            long frozen = count;
            return new FrozenState() {
                @Override
                public void writeTo(OutputStream out) throws IOException {
                    new DataOutputStream(out).writeLong(frozen);
                }

                @Override
                public void close() {}
            };
        }

        @Override
        public Runnable load(InputStream in) throws IOException {
            long loaded = new DataInputStream(in).readLong();
            return () -> count = loaded;
        }
    }

    private GroupsBenchmarkNode(Path folder, int self, int count, List<Integer> ports) throws IOException {
        NettyTransport transport = new NettyTransport(
                "benchmark", self, loops, id -> new InetSocketAddress("127.0.0.1", ports.get((int) id - 1)));
        transport.listen(new InetSocketAddress("127.0.0.1", ports.get(self - 1)));
        node = RaftNode.open(RaftNodeOptions.of(
                        self,
                        "benchmark",
                        new FileDisk(folder),
                        List.of(new NettyLoop(loops.next())),
                        log,
                        background,
                        transport)
                .onFailure(failure -> failure.printStackTrace())
                .build());
        int nodes = ports.size();
        Configuration genesis = Configuration.of(LongStream.rangeClosed(1, nodes)
                .mapToObj(id -> new ReplicaId(id, 1))
                .toList());
        for (long group = 1; group <= count; group++) {
            groups.add(node.openGroup(group, new ReplicaId(self, 1), genesis, new Count()));
            groups.get(groups.size() - 1).preferLeader(new ReplicaId(1 + group % nodes, 1));
        }
    }

    public static void main(String[] args) throws Exception {
        ((Logger) LoggerFactory.getLogger(Logger.ROOT_LOGGER_NAME)).setLevel(Level.WARN);
        List<Integer> ports = new ArrayList<>();
        for (int i = 3; i < args.length; i++) {
            ports.add(Integer.parseInt(args[i]));
        }
        GroupsBenchmarkNode self =
                new GroupsBenchmarkNode(Path.of(args[0]), Integer.parseInt(args[1]), Integer.parseInt(args[2]), ports);
        System.out.println("open");
        self.answer(new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8)));
        self.close();
    }

    private void answer(BufferedReader questions) throws Exception {
        OperatingSystemMXBean system = (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
        String question;
        while ((question = questions.readLine()) != null && !question.equals("stop")) {
            String[] words = question.split(" ");
            if (words[0].equals("load")) {
                System.out.println(load(Integer.parseInt(words[1]), Integer.parseInt(words[2])));
            } else {
                long leads = groups.stream().filter(RaftGroup::isLeader).count();
                System.out.println(leads + " " + system.getProcessCpuTime());
            }
        }
    }

    /** Writes to those of the first {@code count} groups that are led here; returns how many writes were answered. */
    private long load(int count, int seconds) throws InterruptedException {
        AtomicLong answers = new AtomicLong();
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
        Bytes command = Bytes.wrap(new byte[100]);
        for (RaftGroup group : groups.subList(0, Math.min(count, groups.size()))) {
            for (int lane = 0; lane < IN_FLIGHT && group.isLeader(); lane++) {
                group.propose(command, new Completion() {
                    @Override
                    public void succeeded(Object result) {
                        if (System.nanoTime() - end < 0) {
                            answers.incrementAndGet();
                            group.propose(command, this);
                        }
                    }

                    @Override
                    public void failed(RaftException failure) {
                        System.err.println(failure);
                    }
                });
            }
        }
        new CountDownLatch(1).await(end - System.nanoTime(), TimeUnit.NANOSECONDS);
        return answers.get();
    }

    private void close() throws IOException {
        node.close();
        log.shutdown();
        background.shutdown();
        loops.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly();
    }
}
