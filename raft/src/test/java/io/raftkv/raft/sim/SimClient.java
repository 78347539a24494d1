package io.raftkv.raft.sim;

import io.raftkv.raft.Bytes;
import io.raftkv.raft.Completion;
import io.raftkv.raft.RaftException;
import io.raftkv.raft.RaftGroup;
import io.raftkv.raft.ReadMode;
import io.raftkv.raft.ReplicaId;
import io.raftkv.raft.StateMachine;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;

/**
 * A client of one group: one operation at a time. It asks the server that it takes for the leader, and
 * another one after a refusal that promises that nothing was done; it never repeats what may have been done.
 *
 * <p>Or one that stays at its server, whatever happens to that, and reads by its lease all the time while it leads: who goes
 * where the answers are does not meet a leader that has lost the others.
 */
final class SimClient<M extends StateMachine, I> implements Client {
    private static final ReadMode[] READ_MODES = ReadMode.values();
    private static final long PATIENCE = SimWorld.seconds(3);
    /** All clients are silent so long, then busy so long. */
    private static final long NAP_NANOS = SimWorld.seconds(4);

    private static final long WAY_NANOS = 300_000;

    private final SimWorld world;
    private final Workload<M, I> workload;
    private final int id;
    private final long groupId;
    private final List<SimServer> servers;
    private final double thinkNanos;
    private final boolean naps;
    private final boolean stays;
    private final List<Operation<I>> history;
    private final Totals totals;
    private int target;
    private int numbers;
    private long answers;
    private Object lastResult;
    private boolean stopping;
    /** Requests that reached a server which lives and did not answer them. */
    private int unanswered;

    private Attempt attempt;

    SimClient(
            SimWorld world,
            Workload<M, I> workload,
            int id,
            long groupId,
            List<SimServer> servers,
            double thinkNanos,
            boolean naps,
            boolean stays,
            List<Operation<I>> history,
            Totals totals) {
        this.world = world;
        this.workload = workload;
        this.id = id;
        this.groupId = groupId;
        this.servers = servers;
        this.thinkNanos = thinkNanos;
        this.naps = naps;
        this.stays = stays;
        this.history = history;
        this.totals = totals;
        this.target = id % servers.size();
    }

    void start() {
        world.after(world.exponential(thinkNanos), this::next);
    }

    /** Begins nothing new. */
    void stop() {
        stopping = true;
    }

    /** How many operations came to a known end. */
    long answers() {
        return answers;
    }

    /** Whether every request was answered, be it too late. */
    boolean isAnswered() {
        return unanswered == 0;
    }

    boolean isIdle() {
        return attempt == null;
    }

    private void next() {
        long nap = naps ? world.elapsedNanos() % (2 * NAP_NANOS) - NAP_NANOS : -1;
        if (nap >= 0 && !stopping && !servers.get(target).isProvoked()) {
            long rest = stays ? 0 : NAP_NANOS - nap;
            world.after(rest + world.exponential(thinkNanos), this::next);
        } else if (!stopping && attempt == null) {
            if (stays && !servers.get(target).isLeader(groupId)) {
                world.after(world.exponential(thinkNanos), this::next);
                return;
            }
            if (world.chance(0.2)) {
                // So that a new leader is found while others still talk to the old one.
                moveOn(null);
            }
            I input = stays ? workload.nextRead(this) : workload.next(this);
            if (input != null) {
                run(input);
            }
        }
    }

    /** Whether it reads by leases only. */
    boolean stays() {
        return stays;
    }

    /** Runs one operation; only while idle. */
    void run(I input) {
        attempt = new Attempt(input);
        attempt.send();
    }

    /** Likewise, and asks {@code server} first. */
    void run(I input, SimServer server) {
        target = servers.indexOf(server);
        run(input);
    }

    @Override
    public int id() {
        return id;
    }

    @Override
    public long group() {
        return groupId;
    }

    @Override
    public RandomGenerator random() {
        return world.random;
    }

    @Override
    public long elapsedMs() {
        return TimeUnit.NANOSECONDS.toMillis(world.elapsedNanos());
    }

    @Override
    public int nextNumber() {
        return numbers++;
    }

    @Override
    public Object lastResult() {
        return lastResult;
    }

    private void finished(I input, long called, boolean answered, Object result) {
        attempt = null;
        history.add(new Operation<>(id, input, called, answered ? world.nowNanos() : Operation.NEVER, result));
        totals.operations++;
        if (workload.command(input) == null) {
            totals.reads++;
        }
        if (answered) {
            answers++;
            lastResult = result;
        } else {
            totals.unknownOutcomes++;
        }
        world.mix(answered ? 1 : 2);
        world.trace(() -> "client " + id + (answered ? " done " : " gave up ") + input + " -> " + result);
        world.after(world.exponential(thinkNanos), this::next);
    }

    /** One operation on its way, with as many servers as it takes. */
    private final class Attempt {
        private final I input;
        private final ReadMode readMode = stays ? ReadMode.LEASE : READ_MODES[world.random.nextInt(READ_MODES.length)];
        private final boolean forwards = world.chance(0.3);
        private final long called = world.nowNanos();
        private final long deadline = called + PATIENCE;
        /** Grows with each sending, so that late answers of an earlier one are told apart. */
        private int sending;

        private boolean done;

        Attempt(I input) {
            this.input = input;
        }

        void send() {
            int number = ++sending;
            boolean anyServes = workload.command(input) == null ? readMode == ReadMode.ANY : forwards;
            if (anyServes && world.chance(0.7)) {
                moveOn(null);
            }
            SimServer server = servers.get(target);
            world.after(Math.max(0, deadline - world.nowNanos()), () -> unknown(number));
            world.after(
                    world.exponential(WAY_NANOS),
                    () -> server.serve(node -> arrive(node, number), () -> refused(number, null)));
        }

        /** The request is on the loop of the server. Its answers go back through the network. */
        private void arrive(SimNode node, int number) {
            RaftGroup group = node.group(groupId);
            if (group == null) {
                world.after(world.exponential(WAY_NANOS), () -> refused(number, null));
                return;
            }
            node.onDeath(() -> unknown(number));
            boolean leads = node.isLeader(groupId);
            boolean byLease = readMode == ReadMode.LEASE && node.holdsLease(groupId);
            Bytes command = workload.command(input);
            if (command == null) {
                long committed = node.committedIndex(groupId);
                group.read(readMode, () -> node.machine(groupId).read(this::query), new Answer(number, node) {
                    @Override
                    public void succeeded(Object result) {
                        node.reads(groupId, committed);
                        totals.leaseReads += byLease ? 1 : 0;
                        totals.followerReads += leads || node.isLeader(groupId) ? 0 : 1;
                        reply(result);
                    }
                });
            } else {
                Answer answer = new Answer(number, node) {
                    @Override
                    public void succeeded(Object result) {
                        totals.forwards += forwards && !leads ? 1 : 0;
                        reply(workload.result(result));
                    }
                };
                if (forwards && node.machine(groupId).resultCodec() != null) {
                    group.forward(command, answer);
                } else {
                    group.propose(command, answer);
                }
            }
        }

        /** All replicas run the machine of the workload. */
        @SuppressWarnings("unchecked")
        private Object query(StateMachine machine) {
            return workload.query((M) machine, input);
        }

        private void unknown(int number) {
            if (number == sending && !done) {
                finish(false, null);
                moveOn(null);
            }
        }

        /** Nothing was done and nothing ever will be: ask elsewhere, later. */
        private void refused(int number, ReplicaId hint) {
            if (number != sending || done) {
                return;
            }
            moveOn(hint);
            if (world.nowNanos() > deadline || stays) {
                // Known to have had no effect, so it has no place in the history.
                done = true;
                attempt = null;
                world.after(world.exponential(thinkNanos), SimClient.this::next);
            } else {
                sending++;
                world.after(world.exponential(hint == null ? 50e6 : 2e6), this::send);
            }
        }

        private void finish(boolean answered, Object result) {
            done = true;
            finished(input, called, answered, result);
        }

        /** The answer of one sending. */
        private abstract class Answer implements Completion {
            private final int number;
            private final SimNode node;
            private int calls;
            private boolean open = true;

            Answer(int number, SimNode node) {
                this.number = number;
                this.node = node;
                unanswered++;
                node.onDeath(this::noLongerOpen);
            }

            final void reply(Object result) {
                back(() -> {
                    if (number == sending && !done) {
                        finish(true, result);
                    }
                });
            }

            @Override
            public final void failed(RaftException failure) {
                totals.refusedForRoom += String.valueOf(failure.getMessage()).contains("nearly full") ? 1 : 0;
                if (failure instanceof RaftException.OutcomeUnknown) {
                    back(() -> unknown(number));
                } else {
                    ReplicaId hint = failure instanceof RaftException.NotLeader refusal ? refusal.leader() : null;
                    back(() -> refused(number, hint));
                }
            }

            private void noLongerOpen() {
                unanswered -= open ? 1 : 0;
                open = false;
            }

            private void back(Runnable task) {
                if (++calls > 1) {
                    throw world.failure(input + " was answered twice by " + node);
                }
                noLongerOpen();
                if (node.isAlive()) {
                    world.after(world.current().cost() + world.exponential(WAY_NANOS), task);
                }
            }
        }
    }

    private void moveOn(ReplicaId hint) {
        if (stays) {
            return;
        }
        target = hint == null ? world.random.nextInt(servers.size()) : (int) hint.server() - 1;
    }
}
