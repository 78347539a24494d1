package io.raftkv.kvserver.service;

import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.raftkv.callback.Genesis;
import io.raftkv.callback.ShardMap;
import io.raftkv.config.HostPort;
import io.raftkv.kvserver.cluster.ClusterFiles;
import io.raftkv.kvserver.cluster.ShardTable;
import io.raftkv.kvserver.command.Limits;
import io.raftkv.kvserver.shard.FakeGroup;
import io.raftkv.kvserver.shard.ShardGroup;
import io.raftkv.kvserver.shard.ShardMachine;
import io.raftkv.raft.session.SessionExpiry;
import io.raftkv.raft.transport.netty.NettyLoop;
import io.raftkv.resp.RespClient;
import io.raftkv.resp.RespServer;
import io.raftkv.resp.RespValue;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;

/** The command table behind a real port, over groups that keep no log. Two loops, so that requests change threads. */
final class FakeServer implements AutoCloseable {
    static final HostPort OTHER = new HostPort("127.0.0.1", 7002);

    final ShardTable table;
    final List<FakeGroup> groups = new ArrayList<>();
    final EventLoopGroup loops = new MultiThreadIoEventLoopGroup(2, NioIoHandler.newFactory());
    private final RespServer server;
    private final List<RespClient> clients = new ArrayList<>();

    FakeServer(int shards) throws Exception {
        this(shards, new Limits(1024, 64 * 1024));
    }

    FakeServer(int shards, Limits limits) throws Exception {
        table = new ShardTable(FakeGroup.SELF.server(), new HostPort("127.0.0.1", 7001));
        TreeMap<String, Long> servers = new TreeMap<>();
        servers.put("127.0.0.1:7001", FakeGroup.SELF.server());
        servers.put(OTHER.toString(), FakeGroup.OTHER.server());
        TreeMap<Integer, List<String>> map = new TreeMap<>();
        map.put(1, List.of(":7001", ":7002"));
        List<Genesis.Voter> voters = List.of(
                new Genesis.Voter(FakeGroup.SELF.server(), 1, "127.0.0.1:7001"),
                new Genesis.Voter(FakeGroup.OTHER.server(), 1, OTHER.toString()));
        List<Integer> gids = IntStream.range(0, shards).mapToObj(i -> 1).toList();
        ClusterFiles.fill(
                table,
                "c",
                new ShardMap(4, gids, map),
                servers,
                IntStream.range(0, shards)
                        .mapToObj(i -> new Genesis(i, 1, voters))
                        .toList());
        table.setAlive(List.of("127.0.0.1:7001", OTHER.toString()));
        for (int shard = 0; shard < shards; shard++) {
            open(shard);
        }
        server = RespServer.builder()
                .bossAndWorkers(loops)
                .handler(new KvHandler(table, limits))
                .start();
    }

    private void open(int shard) {
        ShardMachine machine = new ShardMachine();
        FakeGroup group = new FakeGroup(1L << 32 | shard, new NettyLoop(loops.next()), machine);
        groups.add(group);
        ShardGroup opened = new ShardGroup(
                shard, 1, group, machine, table, (changed, before) -> table.changed(), SessionExpiry.DEFAULT_TTL_MS);
        table.add(opened);
        opened.start();
    }

    RespClient client() throws Exception {
        RespClient client = RespClient.connect(loops, "127.0.0.1", server.port(), RespClient.Options.DEFAULT)
                .get(5, TimeUnit.SECONDS);
        clients.add(client);
        return client;
    }

    RespValue call(String... args) throws Exception {
        if (clients.isEmpty()) {
            client();
        }
        return clients.get(0).send(args).get(5, TimeUnit.SECONDS);
    }

    @Override
    public void close() {
        clients.forEach(RespClient::close);
        server.close();
        loops.shutdownGracefully(0, 1, TimeUnit.SECONDS).syncUninterruptibly();
    }
}
