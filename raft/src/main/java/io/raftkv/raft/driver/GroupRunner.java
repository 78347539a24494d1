package io.raftkv.raft.driver;

import io.raftkv.raft.Bytes;
import io.raftkv.raft.Completion;
import io.raftkv.raft.EventLoop;
import io.raftkv.raft.GroupStatus;
import io.raftkv.raft.GroupStatus.Role;
import io.raftkv.raft.RaftException;
import io.raftkv.raft.RaftGroup;
import io.raftkv.raft.ReadMode;
import io.raftkv.raft.ReplicaId;
import io.raftkv.raft.StateMachine;
import io.raftkv.raft.core.Effect;
import io.raftkv.raft.core.Input;
import io.raftkv.raft.core.Message;
import io.raftkv.raft.core.RaftCore;
import io.raftkv.raft.core.SnapshotMeta;
import java.util.ArrayDeque;
import java.util.SortedSet;
import java.util.concurrent.Callable;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Drives one replica: feeds its {@link RaftCore} and does what it wants done, see {@link LoopWorker} for the order.
 *
 * <p>What waits for the replica is kept by kind: {@link Proposals}, {@link Forwards}, {@link GroupReads}, {@link MemberChanges};
 * its state is in {@link AppliedState}, and the files of that in {@link OwnSnapshots}, {@link OutgoingSnapshots} and {@link
 * IncomingSnapshots}. {@link EffectExecutor} knows which of them does what the core wants.
 *
 * <p>Threads: the group's loop, except the methods of {@link RaftGroup}.
 */
final class GroupRunner implements RaftGroup {
    private static final Logger LOG = LoggerFactory.getLogger(GroupRunner.class);

    private final RaftNode node;
    private final EventLoop loop;
    private final long groupId;
    private final ReplicaId self;
    private final RaftCore core;
    private final StateMachine machine;
    private final ArrayDeque<Input> inputs = new ArrayDeque<>();
    private final Sleep sleep;
    private final StatusBoard board;
    private final StartSilence silence;
    private final GroupTimer timer;
    /** A timer that is late by more tells that the loop stood still. */
    private final long pauseNanos;

    private final EffectExecutor effects;

    // For the effects, too.
    final LoopWorker worker;
    final GroupMetrics metrics;
    final Proposals proposals;
    final Forwards forwards;
    final GroupReads reads = new GroupReads();
    final OutgoingSnapshots outgoing;
    final Fetches fetches;
    final IncomingSnapshots incoming;
    final OwnSnapshots snapshots;
    final AppliedState state;
    final MemberChanges changes;
    final LeaderNews news;
    final GroupHandOver handOver;

    private boolean closed;
    boolean isReadyForTurn;

    private long toldCommit;

    GroupRunner(RaftNode node, LoopWorker worker, long groupId, RaftCore core, ReplicaId self, StateMachine machine) {
        this.node = node;
        this.worker = worker;
        this.loop = worker.loop();
        this.groupId = groupId;
        this.core = core;
        this.self = self;
        this.machine = machine;
        this.metrics = new GroupMetrics(node.options().metrics(), groupId, loop);
        this.sleep = new Sleep(node, core, groupId);
        this.effects = new EffectExecutor(this);
        this.outgoing = new OutgoingSnapshots(this);
        this.fetches = new Fetches(this);
        this.incoming = new IncomingSnapshots(this);
        this.proposals = new Proposals(this);
        this.forwards = new Forwards(this);
        this.snapshots = new OwnSnapshots(this, outgoing);
        this.state = new AppliedState(this, proposals, snapshots);
        this.board = new StatusBoard(this, state, outgoing, snapshots);
        this.changes = new MemberChanges(core, groupId);
        this.news = new LeaderNews(core);
        this.handOver = new GroupHandOver(this, proposals);
        this.silence = new StartSilence(node, core, loop);
        this.timer = new GroupTimer(loop, this::wake);
        this.pauseNanos = TimeUnit.MILLISECONDS.toNanos(options().core().electionMinMs()) / 2;
        this.toldCommit = core.commitIndex();
        // The first turn, and the first timer, come from here.
        loop.execute(() -> {
            if (!closed) {
                worker.ready(this);
            }
        });
    }

    // RaftGroup: any thread.

    @Override
    public long id() {
        return groupId;
    }

    @Override
    public ReplicaId self() {
        return self;
    }

    @Override
    public EventLoop loop() {
        return loop;
    }

    @Override
    public void propose(Bytes command, Completion completion) {
        checkSize(command);
        RaftException.Busy full = proposals.admit(command.length());
        onLoop(() -> proposals.take(command, completion, full), completion);
    }

    @Override
    public void forward(Bytes command, Completion completion) {
        if (!forwards.isPossible()) {
            throw new UnsupportedOperationException("the state machine of group " + groupId + " has no result codec");
        }
        checkSize(command);
        onLoopIfOpen(
                () -> {
                    if (leads()) {
                        propose(command, completion);
                    } else {
                        forwards.forward(command, completion);
                    }
                },
                completion);
    }

    private void checkSize(Bytes command) {
        if (command.length() > options().maxCommandBytes()) {
            throw new IllegalArgumentException("a command of " + command.length()
                    + " bytes is larger than the limit of " + options().maxCommandBytes());
        }
    }

    @Override
    public void read(Completion completion) {
        read(ReadMode.LEADER, () -> null, completion);
    }

    @Override
    public void read(ReadMode mode, Supplier<? extends @Nullable Object> query, Completion completion) {
        onLoopIfOpen(
                () -> {
                    reads.add(mode, query, completion);
                    worker.ready(this);
                },
                completion);
    }

    @Override
    public GroupStatus status() {
        return loop.inLoop() ? board.now() : board.last();
    }

    @Override
    public @Nullable ReplicaId leader() {
        return news.leader();
    }

    @Override
    public boolean isLeader() {
        return news.isReady();
    }

    @Override
    public void onLeaderChange(LeaderListener newListener) {
        onLoop(() -> {
            news.listen(newListener);
            news.tell(state.index());
        });
    }

    @Override
    public void transferLeadership(ReplicaId target) {
        onLoop(() -> input(new Input.TransferLeadership(target)));
    }

    @Override
    public void preferLeader(@Nullable ReplicaId replica) {
        onLoop(() -> input(new Input.PreferLeader(replica)));
    }

    @Override
    public void changeMembers(SortedSet<ReplicaId> voters, long mapVersion, Completion completion) {
        Input.ChangeMembers wish = new Input.ChangeMembers(changes.newToken(), voters, mapVersion);
        onLoopIfOpen(() -> ask(wish.token(), wish, completion), completion);
    }

    @Override
    public void abortChange(Completion completion) {
        Input.AbortChange wish = new Input.AbortChange(changes.newToken());
        onLoopIfOpen(() -> ask(wish.token(), wish, completion), completion);
    }

    @Override
    public void takeSnapshot(Completion completion) {
        onLoopIfOpen(() -> snapshots.ask(completion), completion);
    }

    /** Takes a snapshot, if none is being taken, and lets go of all of the log that it covers. Threads: any. */
    void trim(Completion completion) {
        Completion thenTrims = new Completion() {
            @Override
            public void succeeded(@Nullable Object index) {
                input(new Input.TrimLog());
                completion.succeeded(index);
            }

            @Override
            public void failed(RaftException why) {
                completion.failed(why);
            }
        };
        onLoopIfOpen(() -> snapshots.askToTrim(thenTrims), thenTrims);
    }

    private void ask(long token, Input wish, Completion completion) {
        changes.asked(token, completion);
        input(wish);
    }

    private void onLoop(Runnable task) {
        RaftNode.onLoop(loop, task);
    }

    /** A loop that has ended takes no more tasks; whoever asks then is told on its own thread. */
    private void onLoop(Runnable task, Completion completion) {
        try {
            onLoop(task);
        } catch (RejectedExecutionException e) {
            completion.failed(stopped());
        }
    }

    private void onLoopIfOpen(Runnable task, Completion completion) {
        if (loop.inLoop()) {
            // As reads of a server come: no second task is allocated for each.
            runIfOpen(task, completion);
        } else {
            onLoop(() -> runIfOpen(task, completion), completion);
        }
    }

    private void runIfOpen(Runnable task, Completion completion) {
        if (closed) {
            completion.failed(stopped());
        } else {
            task.run();
        }
    }

    RaftException.Stopped stopped() {
        return new RaftException.Stopped("group " + groupId + " is closed on this server");
    }

    // What the rest of the driver uses.

    RaftNode node() {
        return node;
    }

    RaftOptions options() {
        return node.options().raft();
    }

    StateMachine machine() {
        return machine;
    }

    GroupMetrics metrics() {
        return metrics;
    }

    long term() {
        return core.term();
    }

    /** Whether this replica leads, perhaps without a committed entry of its term yet. */
    boolean leads() {
        return core.role() == Role.LEADER;
    }

    RaftCore core() {
        return core;
    }

    void input(Input input) {
        if (!closed) {
            inputs.add(input);
            worker.ready(this);
        }
    }

    /** Hands over if it leads and does not campaign, and says so when that is done; until {@link #leadAgain}. Threads: any. */
    void standAside(HandOver whole) {
        onLoop(() -> {
            if (closed || !node.isHandingOver(whole)) {
                whole.settled(this, false);
            } else {
                handOver.begin(whole);
                input(new Input.StandAside(true));
            }
        });
    }

    /** The hand-over of the node has ended. Threads: any. */
    void leadAgain() {
        onLoop(() -> {
            handOver.end();
            input(new Input.StandAside(false));
        });
    }

    boolean isClosed() {
        return closed;
    }

    /** Asks for a turn though nothing came in. */
    void wake() {
        if (!closed) {
            worker.ready(this);
        }
    }

    void receive(ReplicaId from, Message message) {
        Message affordable = DiskRoom.affordable(node.log(), message);
        if (affordable != null) {
            input(new Input.Receive(from, affordable));
        }
    }

    void linkDown(long server) {
        ReplicaId current = core.leader();
        if (current != null && current.server() == server) {
            input(new Input.LinkDown(current));
        } else {
            peerLost(server);
        }
    }

    /** Nothing was heard of {@code server} in a while, or it came back: of account only while this replica sleeps. */
    void peerLost(long server) {
        if (sleep.trusts(server)) {
            core.configuration().members().stream()
                    .filter(member -> member.server() == server)
                    .forEach(member -> input(new Input.LinkDown(member)));
        }
    }

    void send(ReplicaId to, Message message) {
        if (!closed) {
            speak(to, message);
            worker.ready(this);
        }
    }

    /** Without asking for a turn, which is under way. */
    void speak(ReplicaId to, Message message) {
        if (silence.isOver()) {
            worker.send(groupId, self, to, message);
        }
    }

    /** The disk turned out to lack what this replica had promised: it promises nothing from now on. Threads: any. */
    void forget() {
        onLoop(() -> {
            if (closed) {
                return;
            }
            try {
                LOG.warn("group {} {}: neither votes nor counts until it has recovered from its peers", groupId, self);
                node.options().observer().recovering(groupId, self);
                step(new Input.Forgot());
                worker.ready(this);
            } catch (RuntimeException | Error e) {
                node.fail(e);
            }
        });
    }

    /** Runs {@code work} on the background executor, then one of the others here, unless the group was closed. */
    <T> void inBackground(Callable<T> work, Consumer<T> done, Consumer<Exception> failed) {
        node.options().backgroundExecutor().execute(() -> {
            T result;
            try {
                result = work.call();
            } catch (Exception e) {
                loop.execute(() -> ifOpen(() -> failed.accept(e)));
                return;
            } catch (Error e) {
                node.fail(e);
                throw e;
            }
            loop.execute(() -> ifOpen(() -> done.accept(result)));
        });
    }

    /** Runs {@code task} unless the group was closed. Threads: the loop. */
    void ifOpen(Runnable task) {
        if (!closed) {
            task.run();
        }
    }

    void persisted(long sequence) {
        snapshots.persisted(sequence);
        input(new Input.Persisted(sequence));
    }

    /** @param swap see {@link AppliedState#received} */
    void snapshotReceived(ReplicaId from, SnapshotMeta meta, Runnable swap) {
        state.received(swap);
        input(new Input.SnapshotReceived(from, meta));
    }

    void snapshotNoLongerSent() {
        snapshots.removeOld();
    }

    /** Ends this replica: whoever waits is told. */
    void close(String why) {
        closed = true;
        worker.closed(this);
        timer.cancel();
        sleep.end();
        handOver.close();
        proposals.close(why);
        forwards.fail(why);
        reads.close(stopped());
        changes.close(why);
        news.close();
        snapshots.close(stopped());
        outgoing.close();
        incoming.close();
    }

    // A turn.

    /** Mail first, then proposals, reads and timers: who was late must read its mail before it decides who is dead. */
    void decide() {
        if (closed) {
            return;
        }
        Consumer<Input> step = this::step;
        try {
            noticePause();
            Input input;
            while ((input = inputs.poll()) != null) {
                if (!(input instanceof Input.Receive receive)) {
                    step(input);
                } else if (!forwards.takes(receive.from(), receive.message())) {
                    outgoing.hear(receive.from(), receive.message());
                    step(input);
                }
            }
            proposals.propose(step);
            reads.ask(step);
            forwards.tick();
            if (!core.isAsleep() && loop.nowNanos() - core.nextDeadlineNanos() >= 0) {
                board.beat();
                step(new Input.Tick());
            }
            handOver.follow(step);
            proposals.giveUpIfLate();
            step(new Input.Flush(worker.congested()));
            timer.arm(Math.min(core.isAsleep() ? Long.MAX_VALUE : core.nextDeadlineNanos(), forwards.deadline()));
            sleep.follow();
        } catch (RuntimeException | Error e) {
            node.fail(e);
        }
    }

    /** A garbage collection, a stopped process or a loop that was busy. */
    private void noticePause() {
        long late = timer.lateNanos();
        if (late > pauseNanos && !core.isAsleep()) {
            LOG.debug("group {} {}: its loop stood still for {} ms", groupId, self, late / 1_000_000);
            node.options().observer().paused(groupId, self, late);
            step(new Input.Paused());
            timer.cancel();
        }
    }

    private void step(Input input) {
        for (Effect effect : core.step(loop.nowNanos(), input)) {
            effect.dispatch(effects);
        }
        if (core.commitIndex() > toldCommit) {
            // After the effects, as an entry may be appended and committed in one step.
            toldCommit = core.commitIndex();
            node.options().observer().committed(groupId, self, toldCommit);
        }
    }

    /** Applies what is committed, as much as the budget allows, and serves the reads that waited for it. */
    void apply() {
        if (closed) {
            return;
        }
        try {
            state.advance();
            reads.serve(state.index());
            if (closed) {
                // By one of the completions.
                return;
            }
            if (state.isBehind()) {
                worker.ready(this);
            }
            core.appliedTo(state.index());
            metrics.unapplied(core.unappliedBytes(), options().core().maxUnappliedBytes());
            snapshots.takeIfDue(state.index(), state.timeMs());
            news.tell(state.index());
            if (board.isDue()) {
                outgoing.tick(core.term());
                board.write();
            }
        } catch (RuntimeException | Error e) {
            // An error too: an entry that was applied in part must not be followed by the next one.
            node.fail(e);
        }
    }

    /** See {@link RaftNode#transferBytes}. Threads: any. */
    long transferBytes() {
        return board.transferBytes();
    }
}
