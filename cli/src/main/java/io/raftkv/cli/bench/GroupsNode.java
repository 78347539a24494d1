package io.raftkv.cli.bench;

import io.raftkv.cli.Logging;
import io.raftkv.raft.Bytes;
import io.raftkv.raft.Completion;
import io.raftkv.raft.RaftException;
import io.raftkv.raft.RaftGroup;
import io.raftkv.raft.ReplicaId;
import io.raftkv.raft.SmallStateMachine;
import io.raftkv.raft.server.RaftServer;
import io.raftkv.raft.server.RaftServerBuilder;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * One process of {@link GroupsCommand}, which talks to it in lines over its standard streams, and whose end ends it:
 *
 * <pre>
 *                        -> port on which peers are heard
 * open PORT...           -> syncs of the log until all groups were open
 * leads                  -> groups that it leads
 * load GROUPS SECONDS    -> writes that were answered
 * stop
 * </pre>
 */
final class GroupsNode {
    private static final int IN_FLIGHT = 16;
    private static final String HOST = "127.0.0.1:";

    private final RaftServer server;
    private final List<RaftGroup> groups = new ArrayList<>();

    /** Counts commands. */
    private static final class Count implements SmallStateMachine {
        private long count;

        @Override
        public Object apply(long index, long timeMs, Bytes command) {
            return ++count;
        }

        @Override
        public byte[] save() {
            return ByteBuffer.allocate(Long.BYTES).putLong(count).array();
        }

        @Override
        public void restore(byte[] state) {
            count = ByteBuffer.wrap(state).getLong();
        }
    }

    private GroupsNode(RaftServer server) {
        this.server = server;
    }

    public static void main(String[] args) throws Exception {
        Logging.configure(false);
        int nodes = Integer.parseInt(args[2]);
        RaftServerBuilder builder = RaftServer.builder()
                .clusterId("bench groups")
                .serverId(Long.parseLong(args[1]))
                .dataFolder(Path.of(args[0]))
                .loops(1)
                .listen(HOST + 0);
        for (int id = 1; id <= nodes; id++) {
            // Where they are is told later: each listens on a port of the system's choice.
            builder.peer(id, HOST + id);
        }
        try (RaftServer server = builder.start()) {
            System.out.println(server.port());
            GroupsNode node = new GroupsNode(server);
            BufferedReader questions = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
            node.open(questions.readLine(), Integer.parseInt(args[3]));
            node.answer(questions);
        }
    }

    private void open(@Nullable String ports, int count) throws IOException {
        String[] words = ports == null ? new String[0] : ports.split(" ");
        for (int id = 1; id < words.length; id++) {
            server.peer(id, HOST + words[id]);
        }
        for (long id = 1; id <= count && words.length > 1; id++) {
            RaftGroup group = server.openGroup(id, new Count());
            group.preferLeader(new ReplicaId(1 + id % (words.length - 1), 1));
            groups.add(group);
        }
        System.out.println(server.node().log().stats().forces());
    }

    private void answer(BufferedReader questions) throws IOException, InterruptedException {
        String question;
        while ((question = questions.readLine()) != null && !question.equals("stop")) {
            String[] words = question.split(" ");
            if (words[0].equals("load")) {
                System.out.println(load(Integer.parseInt(words[1]), Integer.parseInt(words[2])));
            } else {
                System.out.println(groups.stream().filter(RaftGroup::isLeader).count());
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
                    public void succeeded(@Nullable Object result) {
                        if (System.nanoTime() - end < 0) {
                            answers.incrementAndGet();
                            group.propose(command, this);
                        }
                    }

                    @Override
                    public void failed(RaftException failure) {
                        System.err.println("group " + group.id() + ": " + failure.getMessage());
                    }
                });
            }
        }
        new CountDownLatch(1).await(end - System.nanoTime(), TimeUnit.NANOSECONDS);
        return answers.get();
    }
}
