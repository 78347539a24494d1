package io.raftkv.raft.sim;

import io.raftkv.raft.Completion;
import io.raftkv.raft.Configuration;
import io.raftkv.raft.GroupStatus;
import io.raftkv.raft.RaftException;
import io.raftkv.raft.ReadMode;
import io.raftkv.raft.ReplicaId;
import io.raftkv.raft.core.CoreOptions;
import io.raftkv.raft.transport.FrameCodec;
import io.raftkv.raft.transport.FrameCodec.BadFrameException;
import io.raftkv.raft.transport.Introduction;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/**
 * Situations for which so much must come together that faults alone make them in one of thousands of runs, or end them before
 * anybody sees what comes of them. Here they are made on purpose: in peace, step by step, each in about half of the runs, and
 * with what the run is made of, its sizes, times, members and states. All of them are of the first group. After each one the
 * replicas must get equal, as after all faults; the other checks go on meanwhile.
 */
final class Trials {
    private static final long GROUP = 1;
    private static final long PATIENCE_NANOS = SimWorld.seconds(10);
    private static final long GLANCE_NANOS = SimWorld.millis(1);
    private static final long RESTART_NANOS = SimWorld.millis(20);
    private static final long BEAT_NANOS = SimWorld.millis(CoreOptions.DEFAULT.heartbeatMs());
    private static final long HAND_OVER_NANOS = SimWorld.millis(500);
    private static final long LONG_PAUSE_NANOS = SimWorld.seconds(8);
    private static final long LATE_NANOS = SimWorld.seconds(3);
    /** After its start a replica that reaches nobody says nothing for so long at least. */
    private static final long SILENCE_NANOS = SimWorld.millis(3L * CoreOptions.DEFAULT.electionMaxMs());

    /** What a trial needs of the run. */
    interface Run {
        /** Lets time go by until {@code condition} holds, and fails if that takes too long. */
        void await(String what, BooleanSupplier condition);

        /** Some writes that are answered, by the leader whoever that is. */
        void write();

        /** Some writes go to {@code server} at once, and may end in any way. */
        void ask(SimServer server);

        /** Until they ended, and so did all changes of members. */
        void awaitCalm();
    }

    private final SimCluster cluster;
    private final SimWorld world;
    private final SimNetwork network;
    private final Run run;

    Trials(SimCluster cluster, Run run) {
        this.cluster = cluster;
        this.world = cluster.world();
        this.network = cluster.network();
        this.run = run;
    }

    void runSome() {
        some("restarts of all from snapshots", this::restartAllFromSnapshots);
        some("overtaking a leader", this::overtakeTheLeader);
        some("overtaking a snapshot", this::overtakeASnapshot);
        some("a crash behind a snapshot", this::crashBehindASnapshot);
        some("a stranger as leader", this::electAStranger);
        some("a late return before sleep", this::returnBeforeSleep);
        if (cluster.swarm().leases()) {
            some("a lease over a pause", this::standStillWithALease);
            some("a lease after a hand-over that comes late", this::handOverLate);
        }
        some("a crash before old snapshots are gone", this::crashBeforeOldSnapshotsAreGone);
        if (cluster.rot().isFrequent()) {
            some("a vote of an older copy", this::voteAsAnOlderCopy);
        }
        if (cluster.goals() != null) {
            some("a plan in place of another", this::loseThePlan);
        }
    }

    private void some(String what, Runnable trial) {
        if (world.chance(0.5)) {
            world.trace(() -> "trial: " + what);
            trial.run();
            network.healAll();
            run.awaitCalm();
            run.await("replicas do not get equal after " + what, cluster::agrees);
        }
    }

    /** Where all logs are empty nothing but the snapshots tells of what was; and the clocks on the walls went back. */
    private void restartAllFromSnapshots() {
        cluster.servers().forEach(this::takeSnapshot);
        cluster.servers().forEach(SimServer::crash);
        world.run(RESTART_NANOS);
        for (SimServer server : cluster.servers()) {
            server.start();
            server.life().jumpWallClock(-3_600_000);
        }
        run.write();
    }

    /**
     * A leader that is cut off appends what nobody else gets. The next one commits other entries in its place, and its log begins
     * behind some of these when the first one is back; or that of one that is elected then, and takes the first one's for as long as
     * its own.
     */
    private void overtakeTheLeader() {
        SimServer leader = leader();
        List<SimServer> others = votersBeside(leader);
        if (others.size() < 2) {
            return;
        }
        cutOff(leader);
        run.ask(leader);
        SimServer next = anotherLeader(leader);
        takeSnapshot(next);
        if (world.chance(0.5)) {
            others.forEach(this::takeSnapshot);
            restart(next, SimServer::kill);
            anotherLeader(leader);
        }
    }

    /**
     * A snapshot is received and not installed yet when the log goes on behind it: the next leader sends entries, and does not
     * know that any of them is committed.
     */
    private void overtakeASnapshot() {
        SimServer leader = leader();
        List<SimServer> others = votersBeside(leader);
        int needed = (others.size() + 1) / 2;
        if (others.size() < 2) {
            return;
        }
        SimServer late = others.remove(0);
        if (!leavesBehind(leader, late)) {
            return;
        }
        long end = last(leader);
        long installing = SimWorld.seconds(3) + world.exponential(1e9);
        long[] began = new long[1];
        late.life().delayReceived(installing, () -> {
            began[0] = world.nowNanos();
            cutOff(leader);
            // With the late one they are just a majority, and what they knew to be committed they forget.
            others.subList(needed, others.size()).forEach(this::cutOff);
            others.forEach(SimServer::kill);
            world.after(RESTART_NANOS, () -> others.forEach(SimServer::start));
        });
        network.healAll();
        if (!happens(() -> began[0] > 0)) {
            late.life().delayReceived(0, null);
            return;
        }
        while (last(late) <= end && world.nowNanos() < began[0] + installing) {
            world.run(GLANCE_NANOS);
        }
        cutOff(late);
        world.run(Math.max(0, began[0] + installing + SimWorld.millis(500) - world.nowNanos()));
    }

    /** Power is lost when a received snapshot is durable and the term in which it came is not. */
    private void crashBehindASnapshot() {
        SimServer leader = leader();
        List<SimServer> others = votersBeside(leader);
        if (others.size() < 2) {
            return;
        }
        SimServer late = others.remove(0);
        SimServer next = others.get(0);
        cutOff(late);
        leader.transferLeadership(GROUP, next);
        world.run(HAND_OVER_NANOS);
        if (!next.isLeader(GROUP) || !leavesBehind(next, late)) {
            return;
        }
        boolean[] received = new boolean[1];
        late.life().delayLog(SimWorld.seconds(30));
        late.life().delayReceived(0, () -> received[0] = true);
        network.healAll();
        if (!happens(() -> received[0])) {
            late.life().delayReceived(0, null);
            late.life().delayLog(0);
            return;
        }
        world.run(SimWorld.millis(50) + world.exponential(200e6));
        restart(late, SimServer::crash);
    }

    /** A voter that missed a change of members is needed to elect one of which it never heard. */
    private void electAStranger() {
        SimServer leader = leader();
        List<SimServer> others = votersBeside(leader);
        List<SimServer> strangers = strangers(leader);
        if (cluster.goals() == null || others.size() < 2 || strangers.size() < 2) {
            return;
        }
        SimServer late = others.get(0);
        List<SimServer> wanted = new ArrayList<>(List.of(late, strangers.get(0), strangers.get(1)));
        cutOff(late);
        SortedSet<Long> goal = ids(wanted);
        cluster.goals().move(GROUP, goal);
        wanted.remove(late);
        run.await("no stranger leads", () -> wanted.stream().anyMatch(server -> hasMoved(server, goal)));
        SimServer first = wanted.stream()
                .filter(server -> hasMoved(server, goal))
                .findFirst()
                .orElseThrow();
        wanted.remove(first);
        network.healAll();
        cutOff(first);
        run.await(late + " does not elect " + wanted, () -> wanted.get(0).isLeader(GROUP));
    }

    /** A follower that lacks something is back just when its leader would let the group sleep. */
    private void returnBeforeSleep() {
        int sleepAfterMs = cluster.swarm().sleepAfterMs();
        SimServer leader = leader();
        List<SimServer> others = votersBeside(leader);
        if (sleepAfterMs == 0 || others.size() < 2) {
            return;
        }
        cutOff(others.get(0));
        run.ask(leader);
        // Between the last beat at which it speaks and the one at which it sleeps.
        long beat = ((world.nowNanos() + SimWorld.millis(sleepAfterMs)) / BEAT_NANOS + 1) * BEAT_NANOS;
        world.run(beat - world.between(1, BEAT_NANOS) - world.nowNanos());
    }

    /**
     * A leader stands still, its clock too but for a moment that its lease outlasts, and others have elected another one when it
     * is asked.
     */
    private void standStillWithALease() {
        SimServer leader = leader();
        if (votersBeside(leader).size() < 2) {
            return;
        }
        run.write();
        if (!leader.isLeader(GROUP)) {
            return;
        }
        cutOff(leader);
        leader.life().pause(LONG_PAUSE_NANOS, Nemesis.COUNTED_PAUSE_NANOS);
        long end = world.nowNanos() + LONG_PAUSE_NANOS;
        anotherLeader(leader);
        run.write();
        if (world.nowNanos() < end) {
            read(leader);
            world.run(end + SimWorld.millis(100) - world.nowNanos());
        }
    }

    /** The word to campaign is under way for so long that the leader has given up by then, and goes on with the others. */
    private void handOverLate() {
        SimServer leader = leader();
        List<SimServer> others = votersBeside(leader);
        if (others.size() < 2) {
            return;
        }
        SimServer heir = others.get(0);
        network.clog(leader.id(), heir.id(), world.nowNanos() + LATE_NANOS);
        leader.transferLeadership(GROUP, heir);
        world.run(LATE_NANOS + HAND_OVER_NANOS);
    }

    /** What it answers must hold all that is committed by now. */
    private void read(SimServer server) {
        server.serve(
                node -> {
                    long committed = node.committedIndex(GROUP);
                    node.group(GROUP).read(ReadMode.LEASE, () -> null, new Completion() {
                        @Override
                        public void succeeded(Object nothing) {
                            node.reads(GROUP, committed);
                        }

                        /** As it should: only an answer can be wrong. */
                        @Override
                        public void failed(RaftException why) {}
                    });
                },
                () -> {});
    }

    /** Power is lost when the log begins behind the newest snapshot, and an older one is still there. */
    private void crashBeforeOldSnapshotsAreGone() {
        SimServer victim = leader();
        if (!takeSnapshot(victim)) {
            return;
        }
        run.write();
        long before = status(victim).snapshotIndex();
        askForSnapshot(victim, node -> node.delayBackground(PATIENCE_NANOS), () -> {});
        if (happens(() -> status(victim).snapshotIndex() > before)) {
            world.run(HAND_OVER_NANOS);
        }
        restart(victim, SimServer::crash);
    }

    /**
     * An older copy of a voter's disk, of which nobody could tell it, votes for those who lack what it had acknowledged; what
     * would tell it is lost.
     */
    private void voteAsAnOlderCopy() {
        SimServer leader = leader();
        List<SimServer> others = votersBeside(leader);
        if (others.size() < 2 || others.size() % 2 == 1) {
            return;
        }
        SimServer copied = others.remove(0);
        List<SimServer> away = others.subList(0, (others.size() + 1) / 2);
        SimDisk.Image image = copied.disk().image();
        restart(copied, SimServer::kill);
        if (!happens(() -> cluster.rot().copies().isOutOfDate(copied, image, others))) {
            return;
        }
        away.forEach(this::cutOff);
        run.write();
        cluster.rot().bringBack(copied, image);
        cutOff(copied);
        cutOff(leader);
        world.run(RESTART_NANOS);
        copied.start();
        world.run(SILENCE_NANOS);
        network.lose(Trials::isRefusal);
        for (SimServer server : away) {
            network.healBoth(server.id(), copied.id());
            away.forEach(other -> network.healBoth(server.id(), other.id()));
        }
        world.run(PATIENCE_NANOS);
    }

    /**
     * A leader is lost while learners of its plan wait, and by then the group is wanted elsewhere, without them. The next one cuts
     * them, and is lost before that is committed.
     */
    private void loseThePlan() {
        SimServer leader = leader();
        List<SimServer> voters = voters(leader);
        List<SimServer> others = votersBeside(leader);
        List<SimServer> strangers = strangers(leader);
        if (others.size() < 2 || strangers.isEmpty()) {
            return;
        }
        SortedSet<Long> smaller = ids(voters);
        smaller.remove((long) others.get(0).id());
        SimServer learner = strangers.get(0);
        SortedSet<Long> other = new TreeSet<>(smaller);
        other.add((long) learner.id());
        cutOff(learner);
        cluster.goals().move(GROUP, other);
        if (!happens(() -> leader.isLeader(GROUP) && hasLearners(status(leader)))) {
            return;
        }
        List<SimServer> deaf = new ArrayList<>();
        cluster.onChange(new SimCluster.ChangeListener() {
            @Override
            public void appended(long group, ReplicaId replica, long index, Configuration next) {
                SimServer server = cluster.servers().get((int) replica.server() - 1);
                if (group == GROUP
                        && server != leader
                        && deaf.isEmpty()
                        && next.learners().isEmpty()) {
                    deaf.add(server);
                    voters.forEach(voter -> network.cut(voter.id(), server.id()));
                }
            }

            @Override
            public void committed(long group, ReplicaId replica, long index) {}
        });
        cutOff(leader);
        cluster.goals().move(GROUP, smaller);
        if (happens(() -> !deaf.isEmpty())) {
            others.removeAll(deaf);
            others.forEach(server -> network.healBoth(server.id(), leader.id()));
            long term = status(deaf.get(0)).term();
            happens(() -> cluster.servers().stream()
                    .anyMatch(server -> server.isLeader(GROUP) && status(server).term() > term));
        }
        cluster.onChange(SimCluster.ChangeListener.NONE);
        network.healAll();
        run.await("the group does not go where it is wanted", () -> cluster.servers().stream()
                .anyMatch(server -> hasMoved(server, smaller)));
    }

    private static boolean hasLearners(GroupStatus status) {
        return !status.configuration().learners().isEmpty() && isConfigurationCommitted(status);
    }

    private static boolean isRefusal(ByteBuffer frame) {
        try {
            Introduction introduction = FrameCodec.introduction(frame);
            return introduction != null && introduction.kind() == Introduction.Kind.KNOWN;
        } catch (BadFrameException e) {
            throw new IllegalStateException(e);
        }
    }

    private static boolean isConfigurationCommitted(GroupStatus status) {
        return status.configurationIndex() <= status.commitIndex();
    }

    private boolean hasMoved(SimServer server, SortedSet<Long> goal) {
        if (!server.isLeader(GROUP)) {
            return false;
        }
        GroupStatus status = status(server);
        SortedSet<Long> members = new TreeSet<>();
        status.configuration().members().forEach(member -> members.add(member.server()));
        return members.equals(goal) && !status.configuration().isJoint() && isConfigurationCommitted(status);
    }

    /** Whether {@code late} needs a snapshot of {@code leader} now; it is cut off. */
    private boolean leavesBehind(SimServer leader, SimServer late) {
        cutOff(late);
        run.write();
        return leader.isLeader(GROUP)
                && takeSnapshot(leader)
                && leader.isLeader(GROUP)
                && status(leader).firstIndex() > last(late) + 1;
    }

    /** Waits for what need not come: another leader may have been elected meanwhile whose log reaches further back. */
    private boolean happens(BooleanSupplier condition) {
        long end = world.nowNanos() + PATIENCE_NANOS;
        while (!condition.getAsBoolean() && world.nowNanos() < end) {
            world.run(GLANCE_NANOS);
        }
        return condition.getAsBoolean();
    }

    private SimServer leader() {
        run.await("nobody leads", () -> cluster.servers().stream().anyMatch(server -> server.isLeader(GROUP)));
        return cluster.leaderOrAny(GROUP);
    }

    private SimServer anotherLeader(SimServer than) {
        List<SimServer> others = new ArrayList<>(cluster.servers());
        others.remove(than);
        run.await("nobody leads in place of " + than, () -> others.stream().anyMatch(server -> server.isLeader(GROUP)));
        return others.stream()
                .filter(server -> server.isLeader(GROUP))
                .findFirst()
                .orElseThrow();
    }

    private static GroupStatus status(SimServer server) {
        return server.life().group(GROUP).status();
    }

    private List<SimServer> voters(SimServer leader) {
        Configuration configuration = status(leader).configuration();
        List<SimServer> voters = new ArrayList<>();
        for (ReplicaId voter : configuration.voters()) {
            voters.add(cluster.servers().get((int) voter.server() - 1));
        }
        return voters;
    }

    private List<SimServer> votersBeside(SimServer leader) {
        List<SimServer> others = voters(leader);
        others.remove(leader);
        return others;
    }

    /** Who does not vote. */
    private List<SimServer> strangers(SimServer leader) {
        List<SimServer> strangers = new ArrayList<>(cluster.servers());
        strangers.removeAll(voters(leader));
        return strangers;
    }

    private static SortedSet<Long> ids(List<SimServer> servers) {
        SortedSet<Long> ids = new TreeSet<>();
        servers.forEach(server -> ids.add((long) server.id()));
        return ids;
    }

    private void restart(SimServer server, Consumer<SimServer> end) {
        end.accept(server);
        world.run(RESTART_NANOS);
        server.start();
    }

    private long last(SimServer server) {
        return cluster.invariants(GROUP).lastIndex(server.replica(GROUP));
    }

    private void cutOff(SimServer server) {
        network.isolate(server.id());
    }

    /** Whether it did, and cut its log as far as it does that. */
    private boolean takeSnapshot(SimServer server) {
        boolean[] ended = new boolean[1];
        boolean[] succeeded = new boolean[1];
        askForSnapshot(server, node -> succeeded[0] = true, () -> ended[0] = true);
        run.await(server + " takes no snapshot", () -> ended[0]);
        world.run(SimWorld.millis(100));
        return succeeded[0];
    }

    /** @param ended runs whatever came of it */
    private void askForSnapshot(SimServer server, Consumer<SimNode> succeeded, Runnable ended) {
        server.serve(
                node -> {
                    if (node.group(GROUP) == null) {
                        ended.run();
                        return;
                    }
                    node.group(GROUP).takeSnapshot(new Completion() {
                        @Override
                        public void succeeded(Object index) {
                            succeeded.accept(node);
                            ended.run();
                        }

                        @Override
                        public void failed(RaftException why) {
                            ended.run();
                        }
                    });
                },
                ended);
    }
}
