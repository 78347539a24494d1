package io.raftkv.raft.driver;

import io.raftkv.raft.EventLoop;
import io.raftkv.raft.RaftMetrics;
import io.raftkv.raft.ReplicaId;
import io.raftkv.raft.log.Disk;
import io.raftkv.raft.log.LogOptions;
import io.raftkv.raft.transport.Transport;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.function.Consumer;

/**
 * What a {@link RaftNode} is made of.
 *
 * @param serverId the random id that lies in the data folder of this server, not 0
 * @param clusterId of the cluster; a log of another one is refused
 * @param disk the data folder
 * @param loops groups are spread over them by their ids
 * @param logExecutor runs the writes of the log: one at a time, in order. May block on the disk
 * @param backgroundExecutor writes, reads and checks snapshots: one at a time, in order
 * @param transport owned by the node from here on
 * @param snapshots how much of the node its snapshots may take
 * @param onDamage what to do if the log or a snapshot is damaged
 * @param replacesLostFolder whether a new data folder takes the place of one of this server that is lost for good: its
 *     replicas recover from their peers. Without it a new folder under an id that the peers met with another one is refused
 * @param seed of the random election time-outs
 * @param observer told of what happens, for tests
 * @param metrics told in numbers what happens
 * @param onInvited told of replicas that others count on and that are not open here
 * @param onFailure told once if the node must stop: the disk failed, or an invariant broke. The node answers nothing any
 *     more; the process should end
 */
public record RaftNodeOptions(
        long serverId,
        String clusterId,
        Disk disk,
        List<EventLoop> loops,
        Executor logExecutor,
        Executor backgroundExecutor,
        Transport transport,
        RaftOptions raft,
        LogOptions log,
        SnapshotOptions snapshots,
        OnDamage onDamage,
        boolean replacesLostFolder,
        long seed,
        RaftObserver observer,
        RaftMetrics metrics,
        OnInvited onInvited,
        Consumer<Throwable> onFailure) {
    /** Hears of replicas that should be opened, so that whoever adds one need not tell its server. */
    @FunctionalInterface
    public interface OnInvited {
        /**
         * A leader sends its log to a replica of this server that is not open: it was added to the group, or is yet to be
         * opened. If an earlier incarnation is open, it left the group, or will be told to. Called again and again, on any
         * thread; must return at once.
         *
         * @param replica never one that was dropped
         */
        void invited(long groupId, ReplicaId replica);
    }

    /** What to do if what was durable is damaged. In both cases nothing is deleted. */
    public enum OnDamage {
        /**
         * Set aside what is damaged, and recover from the peers: the replicas that lost something neither vote nor count
         * until they hold again what the others committed. The default: it is as safe as refusing, and the groups get back
         * their redundancy by themselves.
         */
        RECOVER,
        /** Refuse to open, for those who want to look at the disk first. */
        REFUSE
    }

    /** Checks that there is an id and a loop. */
    public RaftNodeOptions {
        loops = List.copyOf(loops);
        if (serverId == 0 || loops.isEmpty()) {
            throw new IllegalArgumentException("a node needs a server id that is not 0 and at least one loop");
        }
    }

    /** What has no default; the rest may be set on the builder. Without {@link Builder#onFailure} a failure is only logged. */
    public static Builder of(
            long serverId,
            String clusterId,
            Disk disk,
            List<EventLoop> loops,
            Executor logExecutor,
            Executor backgroundExecutor,
            Transport transport) {
        return new Builder(serverId, clusterId, disk, loops, logExecutor, backgroundExecutor, transport);
    }

    /** Collects the settings. Threads: one at a time. */
    public static final class Builder {
        private final long serverId;
        private final String clusterId;
        private final Disk disk;
        private final List<EventLoop> loops;
        private final Executor logExecutor;
        private final Executor backgroundExecutor;
        private final Transport transport;
        private RaftOptions raft = RaftOptions.DEFAULT;
        private LogOptions log = LogOptions.defaults(failure -> {});
        private SnapshotOptions snapshots = SnapshotOptions.DEFAULT;
        private OnDamage onDamage = OnDamage.RECOVER;
        private boolean replacesLostFolder;
        private long seed = System.nanoTime();
        private RaftObserver observer = RaftObserver.NONE;
        private RaftMetrics metrics = RaftMetrics.NONE;
        private OnInvited onInvited = (groupId, replica) -> {};
        private Consumer<Throwable> onFailure = failure -> {};

        private Builder(
                long serverId,
                String clusterId,
                Disk disk,
                List<EventLoop> loops,
                Executor logExecutor,
                Executor backgroundExecutor,
                Transport transport) {
            this.serverId = serverId;
            this.clusterId = clusterId;
            this.disk = disk;
            this.loops = loops;
            this.logExecutor = logExecutor;
            this.backgroundExecutor = backgroundExecutor;
            this.transport = transport;
        }

        /** See {@link RaftNodeOptions#raft()}. */
        public Builder raft(RaftOptions value) {
            raft = value;
            return this;
        }

        /** See {@link RaftNodeOptions#log()}. */
        public Builder log(LogOptions value) {
            log = value;
            return this;
        }

        /** See {@link RaftNodeOptions#snapshots()}. */
        public Builder snapshots(SnapshotOptions value) {
            snapshots = value;
            return this;
        }

        /** See {@link RaftNodeOptions#onDamage()}. */
        public Builder onDamage(OnDamage value) {
            onDamage = value;
            return this;
        }

        /** See {@link RaftNodeOptions#replacesLostFolder()}. */
        public Builder replacesLostFolder(boolean value) {
            replacesLostFolder = value;
            return this;
        }

        /** See {@link RaftNodeOptions#seed()}. */
        public Builder seed(long value) {
            seed = value;
            return this;
        }

        /** See {@link RaftNodeOptions#observer()}. */
        public Builder observer(RaftObserver value) {
            observer = value;
            return this;
        }

        /** See {@link RaftNodeOptions#metrics()}. What it throws is logged once and goes no further. */
        public Builder metrics(RaftMetrics value) {
            metrics = value == RaftMetrics.NONE ? value : new GuardedMetrics(value);
            return this;
        }

        /** See {@link RaftNodeOptions#onInvited()}. */
        public Builder onInvited(OnInvited value) {
            onInvited = value;
            return this;
        }

        /** See {@link RaftNodeOptions#onFailure()}. */
        public Builder onFailure(Consumer<Throwable> value) {
            onFailure = value;
            return this;
        }

        /** Puts them together. */
        public RaftNodeOptions build() {
            return new RaftNodeOptions(
                    serverId,
                    clusterId,
                    disk,
                    loops,
                    logExecutor,
                    backgroundExecutor,
                    transport,
                    raft,
                    log,
                    snapshots,
                    onDamage,
                    replacesLostFolder,
                    seed,
                    observer,
                    metrics,
                    onInvited,
                    onFailure);
        }
    }
}
