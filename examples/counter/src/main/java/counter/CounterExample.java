package counter;

import io.raftkv.raft.RaftException;
import io.raftkv.raft.RaftGroup;
import io.raftkv.raft.driver.RaftOptions;
import io.raftkv.raft.server.RaftServer;
import io.raftkv.raft.server.RaftServerBuilder;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.function.IntFunction;

/** Three servers in one process keep one counter; the leader is closed, and comes back. */
public final class CounterExample {
    private static final String[] DEFAULTS = {"target/data", "127.0.0.1:7101", "127.0.0.1:7102", "127.0.0.1:7103"};

    private final RaftServer[] servers = new RaftServer[3];
    private final RaftGroup[] groups = new RaftGroup[3];
    private final Counter[] counters = new Counter[3];
    private final String[] args;

    private CounterExample(String[] args) {
        this.args = args;
    }

    /** @param args the folder, then where the three servers listen */
    public static void main(String[] args) throws Exception {
        new CounterExample(args.length == 4 ? args : DEFAULTS).run();
    }

    private void run() throws Exception {
        for (int i = 0; i < 3; i++) {
            start(i);
        }
        // What an earlier run counted is still there.
        long from = read();
        count(from, from + 1000);
        System.out.println("counted " + (read() - from));

        int leader = askLeader(i -> groups[i].read(() -> i));
        servers[leader].close();
        count(from + 1000, from + 1001);
        System.out.println("without the leader, " + (read() - from));

        start(leader);
        // Its own state, as far as it is by now; only a loop may look at the state of its group.
        while (CompletableFuture.supplyAsync(counters[leader]::value, groups[leader].loop()).get() < from + 1001) {
            Thread.sleep(20);
        }
        System.out.println("the one that was closed caught up");
        for (RaftServer server : servers) {
            server.close();
        }
    }

    private void start(int i) throws IOException {
        RaftServerBuilder builder = RaftServer.builder()
                .clusterId("counter")
                .serverId(i + 1)
                .dataFolder(Path.of(args[0], "server-" + (i + 1)))
                // So small that this example takes snapshots; the default is 8 MiB.
                .options(RaftOptions.DEFAULT.with().snapshotThresholdBytes(4096).build());
        for (int peer = 0; peer < 3; peer++) {
            builder.peer(peer + 1, args[peer + 1]);
        }
        servers[i] = builder.start();
        counters[i] = new Counter();
        groups[i] = servers[i].openGroup(1, counters[i]);
    }

    private void count(long from, long to) throws Exception {
        for (long next = from + 1; next <= to; next++) {
            var command = Counter.countTo(next);
            askLeader(i -> groups[i].propose(command));
        }
    }

    private long read() throws Exception {
        return askLeader(i -> groups[i].read(counters[i]::value));
    }

    /** Asks one after the other until one leads. What failed may be repeated here, see {@link Counter}. */
    private <T> T askLeader(IntFunction<CompletionStage<T>> question) throws Exception {
        for (int i = 0; ; i = (i + 1) % 3) {
            try {
                return question.apply(i).toCompletableFuture().get();
            } catch (ExecutionException e) {
                if (!(e.getCause() instanceof RaftException)) {
                    throw e;
                }
            }
            Thread.sleep(i == 2 ? 20 : 0);
        }
    }
}
