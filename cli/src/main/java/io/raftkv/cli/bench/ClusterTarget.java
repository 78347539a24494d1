package io.raftkv.cli.bench;

import io.raftkv.callback.ClientConfig;
import io.raftkv.callback.CoordinatorClient;
import io.raftkv.callback.KeySlot;
import io.raftkv.config.HostPort;
import io.raftkv.resp.RespValue;
import java.util.List;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * This store: the leader of the key's shard, from the slot array, corrected by MOVED, and by asking the other servers when
 * it is gone.
 *
 * <p>Threads: any.
 */
final class ClusterTarget implements Target {
    private final AtomicReferenceArray<HostPort> leaders;
    private final List<HostPort> servers;

    private ClusterTarget(HostPort[] leaders, List<HostPort> servers) {
        this.leaders = new AtomicReferenceArray<>(leaders);
        this.servers = servers;
    }

    /** Reads the slot array; every shard must have a leader. */
    static ClusterTarget read(ClientConfig config) {
        try (CoordinatorClient coordinator = CoordinatorClient.open(config)) {
            int shards = coordinator.info().shards();
            List<@Nullable String> slots = coordinator.slots("kv");
            HostPort[] leaders = new HostPort[shards];
            for (int i = 0; i < shards; i++) {
                String leader = i < slots.size() ? slots.get(i) : null;
                if (leader == null) {
                    throw new IllegalStateException("shard " + i + " has no leader; see: raftkv ctl status");
                }
                leaders[i] = HostPort.parse(leader);
            }
            return new ClusterTarget(
                    leaders,
                    coordinator.servers().keySet().stream().map(HostPort::parse).toList());
        }
    }

    @Override
    public HostPort serverOf(byte[] key) {
        return leaders.get(KeySlot.shardOf(key, leaders.length()));
    }

    @Override
    public void refused(byte[] key, RespValue.Error error) {
        if (error.code().equals("MOVED")) {
            String address = error.message().substring(error.message().lastIndexOf(' ') + 1);
            leaders.set(KeySlot.shardOf(key, leaders.length()), HostPort.parse(address));
        }
    }

    /** Any other server knows the leader, or soon will. */
    @Override
    public void lost(byte[] key, HostPort server) {
        if (!servers.isEmpty()) {
            HostPort other = servers.get((servers.indexOf(server) + 1) % servers.size());
            leaders.compareAndSet(KeySlot.shardOf(key, leaders.length()), server, other);
        }
    }

    @Override
    public int waitReplicas() {
        return 0;
    }
}
