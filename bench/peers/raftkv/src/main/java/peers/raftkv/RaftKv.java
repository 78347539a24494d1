package peers.raftkv;

import io.raftkv.raft.Bytes;
import io.raftkv.raft.Completion;
import io.raftkv.raft.RaftException;
import io.raftkv.raft.RaftGroup;
import io.raftkv.raft.StateMachine;
import io.raftkv.raft.server.RaftServer;
import io.raftkv.raft.server.RaftServerBuilder;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Path;
import peers.Cluster;

/** Default settings: an entry is applied when it is on the disks of a majority. */
public final class RaftKv implements Cluster {
    private final RaftServer[] servers = new RaftServer[NODES];
    private RaftGroup[][] groups;
    private volatile RaftGroup[] leaders;

    @Override
    public void start(Path folder, int groupCount) throws Exception {
        groups = new RaftGroup[groupCount][NODES];
        leaders = new RaftGroup[groupCount];
        for (int i = 0; i < NODES; i++) {
            RaftServerBuilder builder = RaftServer.builder()
                    .clusterId("bench")
                    .serverId(i + 1)
                    .dataFolder(folder.resolve("node-" + i));
            for (int peer = 0; peer < NODES; peer++) {
                builder.peer(peer + 1, "127.0.0.1:" + (7301 + peer));
            }
            servers[i] = builder.start();
            for (int group = 0; group < groupCount; group++) {
                groups[group][i] = servers[i].openGroup(group, new Count());
            }
        }
        for (int group = 0; group < groupCount; group++) {
            while ((leaders[group] = leader(group)) == null) {
                Thread.sleep(10);
            }
        }
    }

    private RaftGroup leader(int group) {
        for (RaftGroup replica : groups[group]) {
            if (replica.isLeader()) {
                return replica;
            }
        }
        return null;
    }

    @Override
    public void propose(int group, byte[] entry, Outcome outcome) {
        leaders[group].propose(Bytes.wrap(entry), new Completion() {
            @Override
            public void succeeded(Object result) {
                outcome.done(true);
            }

            @Override
            public void failed(RaftException failure) {
                if (failure instanceof RaftException.NotLeader) {
                    RaftGroup leader = leader(group);
                    leaders[group] = leader == null ? leaders[group] : leader;
                }
                outcome.done(false);
            }
        });
    }

    @Override
    public void close() throws Exception {
        for (RaftServer server : servers) {
            server.close();
        }
    }

    private static final class Count implements StateMachine {
        private long count;

        @Override
        public Object apply(long index, long timeMs, Bytes command) {
            return ++count;
        }

        @Override
        public FrozenState freeze() {
            return new FrozenState() {
                @Override
                public void writeTo(OutputStream out) {}

                @Override
                public void close() {}
            };
        }

        @Override
        public Runnable load(InputStream in) throws IOException {
            return () -> {};
        }
    }
}
