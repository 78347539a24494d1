package io.raftkv.raft.sim;

import io.raftkv.raft.Configuration;
import io.raftkv.raft.RaftGroup;
import io.raftkv.raft.ReplicaId;
import io.raftkv.raft.core.Effect.HandsOver.Motive;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.BiConsumer;
import java.util.function.Consumer;

/** The servers of a run, their network and what is checked about them. */
final class SimCluster {
    /** In peace a replica that left is told so by the group in this time if it can be. */
    private static final long PATIENCE_NANOS = SimWorld.seconds(15);

    private record Heir(ReplicaId replica, Motive motive) {}

    private record Untold(long group, ReplicaId left) {}

    private final SimWorld world;
    private final Workload<?, ?> workload;
    private final Swarm swarm;
    private final Totals totals;
    private final SimNetwork network;
    private final List<SimServer> servers = new ArrayList<>();
    private final Map<Long, Invariants> invariants = new TreeMap<>();
    private final Configuration genesis;
    private final BitRot rot;
    private final SimGoals goals;
    private final MemberChanges changes;
    /** The server that should lead each group. */
    private final Map<Long, Integer> preferred = new TreeMap<>();
    /** To whom each group was handed over last, until somebody leads. */
    private final Map<Long, Heir> heirs = new TreeMap<>();

    /** Since when in peace. Looked up only, never walked. */
    private final Map<Untold, Long> untold = new HashMap<>();

    private ChangeListener changeListener = ChangeListener.NONE;
    private BiConsumer<Long, SimServer> leadListener = (group, server) -> {};
    private Consumer<SimServer> handOverListener = server -> {};
    private BiConsumer<Long, SimServer> transferListener = (group, server) -> {};
    private BiConsumer<Long, SimServer> sleepListener = (group, server) -> {};
    private Consumer<SimServer> campaignListener = server -> {};

    /** Hears of what leaders do to their members. */
    interface ChangeListener {
        ChangeListener NONE = new ChangeListener() {
            @Override
            public void appended(long group, ReplicaId leader, long index, Configuration next) {}

            @Override
            public void committed(long group, ReplicaId leader, long index) {}
        };

        /** {@code leader} appended a configuration. */
        void appended(long group, ReplicaId leader, long index, Configuration next);

        /** {@code replica} counts {@code index} as committed. */
        void committed(long group, ReplicaId replica, long index);
    }

    SimCluster(SimWorld world, Workload<?, ?> workload, Swarm swarm, Totals totals) {
        this.world = world;
        this.workload = workload;
        this.swarm = swarm;
        this.totals = totals;
        this.network = new SimNetwork(world, swarm.servers(), new FrameChecks(this));
        network.behave(SimWorld.millis(swarm.networkDelayMs()), SimWorld.millis(swarm.bulkDelayMs()), swarm.reorders());
        List<ReplicaId> voters = new ArrayList<>();
        for (int id = 1; id <= swarm.firstVoters(); id++) {
            voters.add(firstReplica(id));
        }
        Configuration first = Configuration.of(voters);
        this.genesis = swarm.leases() ? first.withLeaseReads() : first;
        for (long group = 1; group <= swarm.groups(); group++) {
            invariants.put(group, new Invariants(world, group, genesis, totals));
        }
        this.rot = new BitRot(world, servers, swarm, totals);
        for (int id = 1; id <= swarm.servers(); id++) {
            servers.add(new SimServer(this, id));
        }
        Embedder<?> embedder = workload.embedder();
        if (embedder != null) {
            embedder.begins(swarm.servers(), swarm.firstVoters(), world.random);
        }
        this.goals = swarm.moves() && embedder == null ? new SimGoals(this, genesis) : null;
        this.changes = goals != null ? goals : embedder != null ? new SimWishes(this) : new SimChanges(this);
    }

    /** From now on {@code listener} is told of what leaders do to their members. */
    void onChange(ChangeListener listener) {
        changeListener = listener;
    }

    /** Likewise of every replica that begins to lead. */
    void onLead(BiConsumer<Long, SimServer> listener) {
        leadListener = listener;
    }

    /** Likewise of every leader that hands over to the preferred one. */
    void onHandOver(Consumer<SimServer> listener) {
        handOverListener = listener;
    }

    /** Likewise of every replica that begins to receive a snapshot, or goes on with one. */
    void onTransfer(BiConsumer<Long, SimServer> listener) {
        transferListener = listener;
    }

    /** Likewise of every replica that falls asleep. */
    void onSleep(BiConsumer<Long, SimServer> listener) {
        sleepListener = listener;
    }

    /** Likewise of every replica that votes for itself. */
    void onCampaign(Consumer<SimServer> listener) {
        campaignListener = listener;
    }

    void sleeps(long group, int server) {
        totals.sleeps++;
        sleepListener.accept(group, servers.get(server - 1));
    }

    void campaigns(int server) {
        campaignListener.accept(servers.get(server - 1));
    }

    void receivesSnapshot(long group, int server) {
        transferListener.accept(group, servers.get(server - 1));
    }

    /** From now on {@code server} should lead; all replicas are told, each in its own time. */
    void prefer(long group, int server) {
        preferred.put(group, server);
        for (SimServer told : servers) {
            world.after(
                    world.exponential(10e6),
                    () -> told.serve(node -> tellPreferred(group, node.group(group)), () -> {}));
        }
    }

    /** @param replica null if the server has none */
    void tellPreferred(long group, RaftGroup replica) {
        Integer server = preferred.get(group);
        if (server != null && replica != null) {
            replica.preferLeader(replica(group, server));
        }
    }

    /** Who is preferred and no member does not count. */
    boolean isLedAsPreferred() {
        return preferred.entrySet().stream().allMatch(entry -> {
            SimServer server = servers.get(entry.getValue() - 1);
            return server.isLeader(entry.getKey()) || !changes.isWanted(entry.getKey(), server);
        });
    }

    void handsOver(long group, ReplicaId from, ReplicaId heir, Motive motive) {
        heirs.put(group, new Heir(heir, motive));
        handOverListener.accept(servers.get((int) from.server() - 1));
    }

    void leads(long group, int server, long term) {
        for (SimServer other : servers) {
            if (other.id() != server && other.isUp()) {
                other.life().checkLease(group, term);
            }
        }
        Heir heir = heirs.remove(group);
        if (heir != null && heir.replica().equals(replica(group, server))) {
            totals.handOvers.merge(heir.motive(), 1L, Long::sum);
        }
        leadListener.accept(group, servers.get(server - 1));
    }

    void changes(long group, ReplicaId leader, long index, Configuration next) {
        changeListener.appended(group, leader, index, next);
    }

    void commits(long group, ReplicaId replica, long index) {
        changeListener.committed(group, replica, index);
    }

    /**
     * In peace, again and again: whether the group itself had time enough to tell {@code left} that it left. Then nobody may be
     * left who could: only a replica that knows nobody who knows needs to be told by others.
     *
     * @param current the configuration in force, in which it is not
     */
    boolean isNotTold(long group, ReplicaId left, Configuration current) {
        long since = untold.computeIfAbsent(new Untold(group, left), unused -> world.nowNanos());
        if (world.nowNanos() - since < PATIENCE_NANOS) {
            return false;
        }
        SimServer server = servers.get((int) left.server() - 1);
        Configuration known = server.life().group(group).status().configuration();
        for (ReplicaId asked : known.members()) {
            SimServer other = servers.get((int) asked.server() - 1);
            if (known.isVoter(asked)
                    && other != server
                    && other.isUp()
                    && other.life().group(group) != null
                    && current.members().contains(replica(group, other.id()))) {
                throw world.failure("liveness: " + left + " left group " + group + ", which is " + current + ", and "
                        + other + " does not tell it so");
            }
        }
        return true;
    }

    private static ReplicaId firstReplica(int server) {
        return new ReplicaId(server, 1);
    }

    /** The newest replica of the group on {@code server}; a server that was left out comes back as another one. */
    ReplicaId replica(long group, int server) {
        return servers.get(server - 1).replica(group);
    }

    void start() {
        servers.forEach(SimServer::start);
    }

    SimWorld world() {
        return world;
    }

    Workload<?, ?> workload() {
        return workload;
    }

    Swarm swarm() {
        return swarm;
    }

    Totals totals() {
        return totals;
    }

    /** Where the groups should be; null if they are told where to be. */
    SimGoals goals() {
        return goals;
    }

    MemberChanges changes() {
        return changes;
    }

    BitRot rot() {
        return rot;
    }

    SimNetwork network() {
        return network;
    }

    /** What {@code server} is told of the first configuration: nothing if it is not in it. */
    Configuration genesisFor(int server) {
        return genesis.isVoter(firstReplica(server)) ? genesis : null;
    }

    List<SimServer> servers() {
        return servers;
    }

    Invariants invariants(long groupId) {
        return invariants.get(groupId);
    }

    Iterable<Long> groups() {
        return invariants.keySet();
    }

    /** A server that leads the first group, else any. */
    SimServer leaderOrAny() {
        return leaderOrAny(1);
    }

    SimServer leaderOrAny(long group) {
        for (SimServer server : servers) {
            if (server.isLeader(group)) {
                return server;
            }
        }
        return servers.get(world.random.nextInt(servers.size()));
    }

    /** What the replicas of each group hold; they agree if each line names one state only. */
    String digests() {
        StringBuilder text = new StringBuilder();
        for (long group : groups()) {
            for (SimServer server : servers) {
                WatchedMachine machine = server.isUp() ? server.life().machine(group) : null;
                text.append(" ").append(machine == null ? "none" : machine.digest());
            }
            text.append('\n');
        }
        return text + (goals == null ? "" : goals.toString());
    }

    boolean holdsNothing() {
        return servers.stream()
                .allMatch(server -> !server.isUp()
                        || server.life().heldBytes() == 0 && server.life().idleCachedBytes() == 0);
    }

    /** The machines of a group, on all servers that should have one; null for those that have none. */
    List<WatchedMachine> copies(long group) {
        List<WatchedMachine> copies = new ArrayList<>();
        for (SimServer server : servers) {
            if (changes.isWanted(group, server)) {
                copies.add(server.isUp() ? server.life().machine(group) : null);
            }
        }
        return copies;
    }

    boolean agrees() {
        for (long group : groups()) {
            Set<String> digests = new TreeSet<>();
            for (WatchedMachine copy : copies(group)) {
                String digest = copy == null ? null : copy.digest();
                if (digest == null) {
                    return false;
                }
                digests.add(digest);
            }
            if (digests.size() > 1) {
                return false;
            }
        }
        return true;
    }
}
