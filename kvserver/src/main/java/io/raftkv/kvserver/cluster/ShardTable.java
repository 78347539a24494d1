package io.raftkv.kvserver.cluster;

import io.raftkv.callback.Genesis;
import io.raftkv.callback.KeySlot;
import io.raftkv.config.HostPort;
import io.raftkv.kvserver.shard.ShardDirectory;
import io.raftkv.kvserver.shard.ShardGroup;
import io.raftkv.raft.ReplicaId;
import io.raftkv.resp.RespValue;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * All that this server knows of shards and servers: its own replicas, and what the coordinator said.
 *
 * <p>Threads: any. What is read is a value that was whole at some moment; changes come from the control thread and from
 * the loops of the groups, and are made one at a time.
 */
public final class ShardTable implements ShardDirectory {
    private static final RespValue NOT_SERVED = RespValue.error("CLUSTERDOWN Hash slot not served");

    /**
     * A shard left this server.
     *
     * @param registered whom the coordinator named then, and may name for a while yet
     * @param leader who led it
     */
    private record Departure(@Nullable String registered, String leader) {}

    private final long serverId;
    private volatile HostPort self;
    private volatile ClusterState state = ClusterState.UNKNOWN;
    private volatile Map<Long, HostPort> addresses = Map.of();
    /** Null until the coordinator was asked: a server that starts without it takes nobody for dead. */
    private volatile @Nullable Set<String> alive;

    private volatile AtomicReferenceArray<@Nullable ShardGroup> groups = new AtomicReferenceArray<>(0);
    /** By shard, who led those that left this server. */
    private final Map<Integer, Departure> departures = new ConcurrentHashMap<>();

    private volatile Map<Integer, String> waiting = Map.of();

    private final AtomicLong changes = new AtomicLong();
    private volatile @Nullable Topology topology;

    /**
     * @param self the announced address
     */
    public ShardTable(long serverId, HostPort self) {
        this.serverId = serverId;
        this.self = self;
    }

    /** The announced address of this server. */
    public HostPort self() {
        return self;
    }

    /** To be called before anything else if the port was not known at first. */
    public void setSelf(HostPort address) {
        self = address;
        changed();
    }

    /** The id of this server. */
    public long serverId() {
        return serverId;
    }

    /** What the coordinator said last. */
    public ClusterState state() {
        return state;
    }

    /** The number of shards; 0 while it is not known. */
    public int shards() {
        return groups.length();
    }

    /** Changes the state. */
    public synchronized ClusterState update(UnaryOperator<ClusterState> change) {
        ClusterState next = change.apply(state);
        if (!next.equals(state)) {
            if (groups.length() != next.shards()) {
                resize(next.shards());
            }
            addresses = addressesOf(next);
            state = next;
            changed();
        }
        return next;
    }

    private void resize(int shards) {
        AtomicReferenceArray<@Nullable ShardGroup> resized = new AtomicReferenceArray<>(shards);
        for (int i = 0; i < Math.min(shards, groups.length()); i++) {
            resized.set(i, groups.get(i));
        }
        groups = resized;
    }

    private static Map<Long, HostPort> addressesOf(ClusterState state) {
        Map<Long, HostPort> result = new HashMap<>();
        for (Genesis genesis : state.genesis().values()) {
            for (Genesis.Voter voter : genesis.voters()) {
                result.put(voter.server(), HostPort.parse(voter.address()));
            }
        }
        // What is bound now is newer than where a server was when its shard began.
        state.servers().forEach((address, id) -> result.put(id, HostPort.parse(address)));
        return Map.copyOf(result);
    }

    /** Notes which announced addresses have a living session. */
    public void setAlive(List<String> addresses) {
        Set<String> next = Set.copyOf(
                addresses.stream().map(a -> HostPort.parse(a).toString()).toList());
        if (!next.equals(alive)) {
            alive = next;
            changed();
        }
    }

    boolean isAlive(HostPort address) {
        Set<String> known = alive;
        return known == null || address.equals(self) || known.contains(address.toString()) || leads(address);
    }

    /** Followers hear from their leader more often than the coordinator hears from a session. */
    private boolean leads(HostPort address) {
        for (ShardGroup group : groups()) {
            ReplicaId leader = group.view().leader();
            if (leader != null && address.equals(addressOf(leader.server()))) {
                return true;
            }
        }
        return false;
    }

    /** Puts a replica into the table. */
    public synchronized void add(ShardGroup group) {
        groups.set(group.shard(), group);
        departures.remove(group.shard());
        changed();
    }

    /** Takes a replica out of the table; clients are sent to the leader that it knew. */
    public synchronized void remove(ShardGroup group) {
        int shard = group.shard();
        groups.compareAndSet(shard, group, null);
        ReplicaId leader = group.view().leader();
        HostPort address = leader == null ? null : addressOf(leader.server());
        if (address != null && !address.equals(self)) {
            departures.put(shard, new Departure(state.slot(shard), address.toString()));
        }
        changed();
    }

    /**
     * The address of the leader of a shard that this server has no replica of, or null. It is as the coordinator says, unless
     * that has not heard yet that the shard moved: else servers that it left would send clients to one another.
     */
    @Nullable
    String leaderElsewhere(int shard) {
        String registered = state.slot(shard);
        Departure departure = departures.get(shard);
        if (departure != null && Objects.equals(registered, departure.registered())) {
            return departure.leader();
        }
        return self.toString().equals(registered) ? null : registered;
    }

    /** This server's replica of a shard, or null. */
    public @Nullable ShardGroup group(int shard) {
        AtomicReferenceArray<@Nullable ShardGroup> all = groups;
        return shard < all.length() ? all.get(shard) : null;
    }

    /** This server's replicas, by shard. */
    public List<ShardGroup> groups() {
        List<ShardGroup> result = new ArrayList<>();
        for (int shard = 0; shard < shards(); shard++) {
            ShardGroup group = group(shard);
            if (group != null) {
                result.add(group);
            }
        }
        return result;
    }

    /** Notes what the shards of this server that are not open wait for. */
    public void setWaiting(Map<Integer, String> reasons) {
        waiting = Map.copyOf(reasons);
    }

    /** Shards of this server that are not open, and what they wait for. */
    public Map<Integer, String> waiting() {
        return waiting;
    }

    /** In words, what keeps a shard that is led here from being where the map wants it; empty if it is there. */
    public String movesWaitFor(ShardGroup group) {
        return Reconciler.waitsFor(this, group);
    }

    @Override
    public @Nullable ShardGroup groupOf(int hashSlot) {
        AtomicReferenceArray<@Nullable ShardGroup> all = groups;
        return all.length() == 0 ? null : all.get(KeySlot.shardOf(hashSlot, all.length()));
    }

    @Override
    public @Nullable HostPort addressOf(long serverId) {
        return addresses.get(serverId);
    }

    /** The addresses of these replicas, for people; ids where none is known. */
    public String namesOf(Collection<ReplicaId> replicas) {
        return replicas.stream().map(this::nameOf).collect(Collectors.joining(", "));
    }

    /** The address of a replica's server, or its id if none is known. */
    public String nameOf(ReplicaId replica) {
        HostPort address = addressOf(replica.server());
        return address == null ? replica.toString() : address.toString();
    }

    @Override
    public RespValue redirect(int hashSlot) {
        HostPort owner = shards() == 0 ? null : topology().ownerOf(KeySlot.shardOf(hashSlot, shards()));
        return owner == null || owner.equals(self)
                ? NOT_SERVED
                : RespValue.error("MOVED " + hashSlot + " " + owner.host() + ":" + owner.port());
    }

    /** To be called when a leader changed. */
    public void changed() {
        changes.incrementAndGet();
    }

    /**
     * How clients see the cluster; built again only after something changed, as clients ask for it in crowds when a leader
     * moves.
     */
    public Topology topology() {
        long now = changes.get();
        Topology cached = topology;
        if (cached == null || cached.change() != now) {
            cached = Topology.of(this, now);
            topology = cached;
        }
        return cached;
    }
}
