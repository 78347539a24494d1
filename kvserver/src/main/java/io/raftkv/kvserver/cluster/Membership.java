package io.raftkv.kvserver.cluster;

import io.netty.util.concurrent.DefaultThreadFactory;
import io.raftkv.callback.ClientConfig;
import io.raftkv.callback.ClusterInfo;
import io.raftkv.callback.CoordinatorClient;
import io.raftkv.callback.CoordinatorException;
import io.raftkv.callback.Genesis;
import io.raftkv.callback.Placement;
import io.raftkv.callback.RaftCallBack;
import io.raftkv.callback.RaftClient;
import io.raftkv.callback.RaftClientImp;
import io.raftkv.callback.ShardMap;
import io.raftkv.config.HostPort;
import io.raftkv.kvserver.shard.ShardGroup;
import io.raftkv.raft.ReplicaId;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps this server in the cluster: holds its session with the coordinator, learns the map, opens the shards that are its
 * own, registers those that it leads and moves them to where the map wants them. One round does all of it and may be
 * repeated at any time; rounds follow changes, and a slow clock in case that a change was missed. While the coordinator is
 * away the last map is followed, and all else waits.
 *
 * <p>Threads: all work is done by one thread of its own, which may block; the public methods may be called from any.
 */
public final class Membership implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Membership.class);

    /** Refusals that concern one shard, and must not hold up the others. */
    private static final Set<String> OF_ONE_SHARD =
            Set.of(CoordinatorException.NOT_READY, CoordinatorException.REFUSED, CoordinatorException.NO_SUCH_GROUP);

    private static final String WAITS_FOR = " waits for ";

    private static final int SAFETY_MS = 5_000;
    private static final int RETRY_MS = 200;
    private static final int MAX_RETRY_MS = 2_000;

    private final ClientConfig config;
    private final ShardTable table;
    private final ClusterFile file;
    private final ShardOpener opener;
    private final Consumer<Exception> onFatal;
    private final ScheduledExecutorService control;
    private final AtomicBoolean roundIsDue = new AtomicBoolean();
    private final SlotRegistrar registrar;
    private final Reconciler reconciler;
    private final LeaderSpread leaders;
    /** Replicas that leaders count on and that are not open, by group. */
    private final Map<Long, ReplicaId> invited = new ConcurrentHashMap<>();

    /** Written by the control thread; closing it from elsewhere ends the calls that wait in it. */
    private volatile @Nullable RaftClient client;

    private @Nullable ScheduledFuture<?> next;
    private int failures;
    private @Nullable String lastFailure;
    private volatile boolean closed;

    /**
     * @param onFatal told once, on the control thread, if this server must not go on
     */
    public Membership(
            ClientConfig config, ShardTable table, ClusterFile file, ShardOpener opener, Consumer<Exception> onFatal) {
        this.config = config;
        this.table = table;
        this.file = file;
        this.opener = opener;
        this.onFatal = onFatal;
        this.registrar = new SlotRegistrar(table);
        this.reconciler = new Reconciler(table, this::roundSoon, () -> submit(() -> again(RETRY_MS)));
        this.leaders = new LeaderSpread(table);
        ScheduledThreadPoolExecutor one =
                new ScheduledThreadPoolExecutor(1, new DefaultThreadFactory("raftkv-kvserver-control", true));
        one.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
        this.control = one;
    }

    /** Reads what the data folder knows of the cluster. Threads: before {@link #start}. */
    public ClusterState load() throws IOException {
        ClusterState known = file.load();
        return table.update(unknown -> known);
    }

    /** Begins. */
    public void start() {
        roundSoon();
    }

    /** To be told when the leader of a shard changed: if it is this server, registers it, and goes on with its moves. */
    public void leaderChanged(ShardGroup group) {
        if (registrar.leaderChanged(group)) {
            submit(this::registerNow);
            roundSoon();
        }
    }

    /** To be told of a replica that a leader counts on and that is not open. */
    public void invited(long groupId, ReplicaId replica) {
        if (!replica.equals(invited.put(groupId, replica))) {
            submit(() -> openInvited(groupId, replica));
        }
    }

    private void openInvited(long groupId, ReplicaId replica) {
        invited.remove(groupId);
        if (closed) {
            return;
        }
        try {
            opener.openAdded(groupId, replica);
        } catch (IOException | RuntimeException e) {
            fatal(e);
        }
    }

    private void roundSoon() {
        if (roundIsDue.compareAndSet(false, true)) {
            submit(() -> {
                roundIsDue.set(false);
                round();
            });
        }
    }

    private void submit(Runnable task) {
        try {
            control.execute(task);
        } catch (RejectedExecutionException e) {
            if (!closed) {
                throw e;
            }
        }
    }

    /** Plans the next round in place of the one that was planned before. Threads: the control thread. */
    private void again(int delayMs) {
        if (next != null) {
            next.cancel(false);
        }
        try {
            next = control.schedule(this::roundSoon, delayMs, TimeUnit.MILLISECONDS);
        } catch (RejectedExecutionException e) {
            if (!closed) {
                throw e;
            }
        }
    }

    private void round() {
        if (closed) {
            return;
        }
        try {
            RaftClient session = session();
            learn(session);
            openShards(session.coordinator());
            dropLeft();
            // Each does what it can, whatever the one before left.
            boolean inPlace = reconciler.round();
            boolean told = reconciler.tellPlacements(session.coordinator());
            boolean registered = isAllRegistered();
            boolean settled = inPlace && told && registered && table.waiting().isEmpty();
            failures = 0;
            lastFailure = null;
            again(settled ? SAFETY_MS : RETRY_MS);
        } catch (CoordinatorException e) {
            if (e.is(CoordinatorException.ADDRESS_BOUND)) {
                fatal(new IOException("the coordinator refuses this server: " + e.getMessage(), e));
            } else {
                failed(e);
            }
        } catch (IOException | RuntimeException e) {
            // What the disk or a foreign cluster says does not get better by itself.
            fatal(e);
        }
    }

    private void failed(CoordinatorException failure) {
        if (failure.is(CoordinatorException.SESSION_EXPIRED) || failure.is(CoordinatorException.CLOSED)) {
            endSession();
        }
        String text = String.valueOf(failure.getMessage());
        if (!closed && !text.equals(lastFailure)) {
            LOG.warn("the coordinator cannot be asked: {}; the shards on disk are served, and it is tried again", text);
            lastFailure = text;
        }
        if (!closed) {
            // The last map counts while there is no newer one.
            reconciler.round();
        }
        failures++;
        again(Math.min(MAX_RETRY_MS, RETRY_MS * failures));
    }

    private void fatal(Exception failure) {
        if (!closed) {
            closed = true;
            onFatal.accept(failure);
        }
    }

    private RaftClient session() throws IOException {
        RaftClient current = client;
        if (current != null) {
            return current;
        }
        Events events = new Events();
        RaftClient fresh = new RaftClient(events);
        events.session = fresh;
        client = fresh;
        if (closed) {
            throw new CoordinatorException(CoordinatorException.CLOSED, "this server is being closed", false);
        }
        try {
            enter(fresh);
        } catch (IOException | RuntimeException e) {
            endSession();
            throw e;
        }
        LOG.info(
                "{} joined cluster {} as server {}", table.self(), table.state().clusterId(), hex(table.serverId()));
        return fresh;
    }

    private void enter(RaftClient session) throws IOException {
        session.connect(config);
        ClusterInfo info = session.coordinator().info();
        String known = table.state().clusterId();
        if (!known.isEmpty() && !known.equals(info.clusterId())) {
            throw new IOException("the data folder belongs to cluster " + known + ", the coordinator to cluster "
                    + info.clusterId() + " ('" + info.clusterName()
                    + "'); name the right coordinators, or give this server an empty data folder");
        }
        table.update(state -> state.withClusterId(info.clusterId()));
        session.coordinator().bind(table.self(), table.serverId());
        session.join(0, table.self().toString());
    }

    private static String hex(long id) {
        return Long.toHexString(id);
    }

    private void endSession() {
        RaftClient old = client;
        client = null;
        if (old != null) {
            old.close();
        }
    }

    private void learn(RaftClient session) throws IOException {
        CoordinatorClient coordinator = session.coordinator();
        ShardMap map = coordinator.query();
        List<Genesis> genesis = coordinator.genesis();
        List<Placement> placements = coordinator.placements();
        Map<String, Long> servers = coordinator.servers();
        List<@Nullable String> slots = coordinator.slots(config.service());
        List<String> alive = session.getCurrentAlive();
        ClusterState state = table.update(old -> old.withMap(map)
                .withServers(servers)
                .withSlots(slots)
                .withGenesis(genesis)
                .withPlacements(placements));
        table.setAlive(alive);
        file.save(state);
        opener.start(state.clusterId());
    }

    private void openShards(CoordinatorClient coordinator) throws IOException {
        Map<Integer, String> waiting = new TreeMap<>();
        List<Genesis> activated = new ArrayList<>();
        for (int shard = 0; shard < table.shards(); shard++) {
            if (table.group(shard) == null && table.state().genesis().get(shard) == null && isMine(shard)) {
                try {
                    activated.add(coordinator.activate(shard));
                } catch (CoordinatorException e) {
                    if (!OF_ONE_SHARD.contains(e.code())) {
                        throw e;
                    }
                    waiting.put(shard, waitingText(e));
                }
            }
        }
        table.setWaiting(waiting);
        if (!activated.isEmpty()) {
            // On disk before a replica exists that could vote: a restart must know its incarnation.
            file.save(table.update(old -> old.withGenesis(activated)));
        }
        openKnown();
    }

    /** The coordinator says {@code NOTREADY shard 3 waits for …}; which shard is known where the text is shown. */
    private static String waitingText(CoordinatorException refusal) {
        String text = String.valueOf(refusal.getMessage());
        int at = text.indexOf(WAITS_FOR);
        return at < 0
                ? "waiting for the coordinator: " + text
                : "waiting for " + text.substring(at + WAITS_FOR.length());
    }

    /** Opens the shards of this server that have a genesis record. Threads: the control thread, or before {@link #start}. */
    public void openKnown() throws IOException {
        for (Genesis genesis : table.state().genesis().values()) {
            boolean mine = genesis.voters().stream().anyMatch(voter -> voter.server() == table.serverId());
            if (mine && table.group(genesis.shard()) == null) {
                opener.open(genesis);
            }
        }
        leaders.round();
    }

    /** Deletes the replicas that left their groups while nobody could tell them. */
    private void dropLeft() {
        table.groups().stream().filter(reconciler::hasLeft).forEach(opener::drop);
    }

    private boolean isMine(int shard) {
        return table.state().map().serversOf(shard).stream()
                .anyMatch(address -> HostPort.parse(address).equals(table.self()));
    }

    private void registerNow() {
        if (!closed && !isAllRegistered()) {
            again(RETRY_MS);
        }
    }

    private boolean isAllRegistered() {
        RaftClient session = client;
        return session == null || registrar.registerAll(session);
    }

    /** Ends the session: the others see this server leave at once. Waits for what is under way. */
    @Override
    public void close() {
        closed = true;
        RaftClient current = client;
        if (current != null) {
            current.close();
        }
        control.shutdown();
        try {
            if (!control.awaitTermination(10, TimeUnit.SECONDS)) {
                LOG.warn("the session with the coordinator did not end in time; it will expire");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** What the coordinator tells. Threads: that of the client; so everything is passed on. */
    private final class Events implements RaftCallBack {
        private volatile @Nullable RaftClient session;

        @Override
        public void onBecomeLeader(RaftClientImp raftClientImp) {
            throw new IllegalStateException("a KV server does not claim the lead of its service");
        }

        @Override
        public void onSelectLeaderFailed(RaftClientImp raftClientImp) {
            throw new IllegalStateException("a KV server does not claim the lead of its service");
        }

        @Override
        public void onLeaderFailed(int epoch) {
            LOG.debug("the leader of epoch {} of service {} left", epoch, config.service());
        }

        @Override
        public void onMemberJoin(int idx, String address) {
            roundSoon();
        }

        @Override
        public void onMemberLeave(String address) {
            roundSoon();
        }

        @Override
        public void onSlotChanged(int idx, @Nullable String info) {
            table.update(state -> state.withSlot(idx, info));
        }

        @Override
        public void onShardMapChanged(long version) {
            roundSoon();
        }

        @Override
        public void onConnectionResumed() {
            roundSoon();
        }

        @Override
        public void onSessionLost(String why) {
            LOG.warn("the session with the coordinator ended: {}; another is opened", why);
            submit(() -> {
                if (client == session) { // Unless a failed call has told already, and there is a new one.
                    endSession();
                }
            });
            roundSoon();
        }
    }
}
