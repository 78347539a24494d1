package io.raftkv.kvserver;

import io.raftkv.callback.Genesis;
import io.raftkv.callback.ShardMap;
import io.raftkv.config.HostPort;
import io.raftkv.config.ServerConfig;
import io.raftkv.kvserver.cluster.ClusterFiles;
import io.raftkv.kvserver.cluster.ServerIdentity;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Servers of one group whose data folders say all that a coordinator would; no coordinator runs, which shows that none is
 * needed once the folders are written.
 */
final class TestCluster implements AutoCloseable {
    private static final String NO_COORDINATOR = "127.0.0.1:1";

    private final Path root;
    private final List<HostPort> addresses = new ArrayList<>();
    private final List<@Nullable KvServer> servers = new ArrayList<>();

    TestCluster(Path root, int size, int shards) throws IOException {
        this.root = root;
        List<Genesis.Voter> voters = new ArrayList<>();
        TreeMap<String, Long> ids = new TreeMap<>();
        for (int i = 0; i < size; i++) {
            HostPort address = new HostPort("127.0.0.1", FreePorts.next());
            addresses.add(address);
            servers.add(null);
            long id = ServerIdentity.of(folder(i));
            voters.add(new Genesis.Voter(id, 1, address.toString()));
            ids.put(address.toString(), id);
        }
        TreeMap<Integer, List<String>> groups = new TreeMap<>();
        groups.put(1, addresses.stream().map(HostPort::toString).toList());
        ShardMap map =
                new ShardMap(1, IntStream.range(0, shards).mapToObj(shard -> 1).toList(), groups);
        List<Genesis> genesis = IntStream.range(0, shards)
                .mapToObj(shard -> new Genesis(shard, 1, voters))
                .toList();
        for (int i = 0; i < size; i++) {
            ClusterFiles.write(folder(i), "test-cluster", map, ids, genesis);
        }
    }

    private Path folder(int server) {
        return root.resolve("server" + server);
    }

    HostPort address(int server) {
        return addresses.get(server);
    }

    ServerConfig config(int server) {
        return ServerConfig.builder()
                .listen(addresses.get(server))
                .data(folder(server))
                .coordinators(List.of(HostPort.parse(NO_COORDINATOR)))
                .ioThreads(2) // Some requests then change loops.
                .requestTimeoutMs(500)
                .heartbeatMs(50)
                .electionMinMs(200)
                .electionMaxMs(400)
                .build();
    }

    TestCluster startAll() throws IOException {
        for (int i = 0; i < servers.size(); i++) {
            start(i);
        }
        return this;
    }

    void start(int server) throws IOException {
        servers.set(server, KvServer.start(config(server)));
    }

    void stop(int server) {
        KvServer running = servers.set(server, null);
        if (running != null) {
            running.close();
        }
    }

    @Override
    public void close() {
        for (int i = 0; i < servers.size(); i++) {
            stop(i);
        }
    }
}
