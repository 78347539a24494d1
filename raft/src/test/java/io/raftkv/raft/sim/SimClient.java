package io.raftkv.raft.sim;

import io.raftkv.raft.Completion;
import io.raftkv.raft.RaftException;
import io.raftkv.raft.RaftGroup;
import io.raftkv.raft.ReplicaId;
import io.raftkv.raft.sim.KvCommand.Kind;
import java.util.List;

/**
 * A client of one group: one operation at a time, on a few hot keys. It asks the server that it takes for the leader, and
 * another one after a refusal that promises that nothing was done; it never repeats what may have been done.
 */
final class SimClient {
    private static final long PATIENCE = SimWorld.seconds(3);
    /** Keys are given up after a while: histories stay short enough for the checker, and the state grows. */
    private static final long KEY_LIFE = SimWorld.seconds(15);

    private static final int HOT_KEYS = 3;
    private static final long WAY_NANOS = 300_000;

    private final SimWorld world;
    private final int id;
    private final long groupId;
    private final List<SimServer> servers;
    private final double thinkNanos;
    private final List<Operation> history;
    private final Totals totals;
    private int target;
    private int written;
    private long answers;
    private String lastSeen;
    private boolean stopping;
    private Attempt attempt;

    SimClient(
            SimWorld world,
            int id,
            long groupId,
            List<SimServer> servers,
            double thinkNanos,
            List<Operation> history,
            Totals totals) {
        this.world = world;
        this.id = id;
        this.groupId = groupId;
        this.servers = servers;
        this.thinkNanos = thinkNanos;
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

    boolean isIdle() {
        return attempt == null;
    }

    private void next() {
        if (!stopping && attempt == null) {
            if (world.chance(0.2)) {
                // So that a new leader is found while others still talk to the old one.
                moveOn(null);
            }
            run(randomCommand());
        }
    }

    /** Runs one operation; only while idle. */
    void run(KvCommand command) {
        attempt = new Attempt(command);
        attempt.send();
    }

    /** Some key that is in use now, by number. */
    String key(int number) {
        return "g" + groupId + "k" + number + "t" + world.elapsedNanos() / KEY_LIFE;
    }

    private KvCommand randomCommand() {
        String key = key(world.random.nextInt(HOT_KEYS));
        int dice = world.random.nextInt(100);
        if (dice < 40) {
            return new KvCommand(Kind.GET, key, null, null);
        }
        if (dice < 43) {
            return new KvCommand(Kind.DELETE, key, null, null);
        }
        String value = "c" + id + "w" + written++;
        if (dice < 60) {
            return new KvCommand(Kind.PUT, key, value, null);
        }
        if (dice < 70) {
            return new KvCommand(Kind.CAS, key, value, lastSeen);
        }
        return new KvCommand(Kind.APPEND, key, value, null);
    }

    private void finished(KvCommand command, long called, boolean answered, String before) {
        attempt = null;
        history.add(new Operation(id, command, called, answered ? world.nowNanos() : Operation.NEVER, before));
        totals.operations++;
        if (command.kind() == Kind.GET) {
            totals.reads++;
        }
        if (answered) {
            answers++;
            lastSeen = before;
        } else {
            totals.unknownOutcomes++;
        }
        world.mix(answered ? 1 : 2);
        world.trace(() -> "client " + id + (answered ? " done " : " gave up ") + command + " -> " + before);
        world.after(world.exponential(thinkNanos), this::next);
    }

    /** One operation on its way, with as many servers as it takes. */
    private final class Attempt {
        private final KvCommand command;
        private final long called = world.nowNanos();
        private final long deadline = called + PATIENCE;
        /** Grows with each sending, so that late answers of an earlier one are told apart. */
        private int sending;

        private boolean done;

        Attempt(KvCommand command) {
            this.command = command;
        }

        void send() {
            int number = ++sending;
            SimServer server = servers.get(target);
            world.after(Math.max(0, deadline - world.nowNanos()), () -> unknown(number));
            world.after(
                    world.exponential(WAY_NANOS),
                    () -> server.serve(node -> arrive(node, number), () -> refused(number, null)));
        }

        /** The request is on the loop of the server. Its answers go back through the network. */
        private void arrive(SimNode node, int number) {
            node.onDeath(() -> unknown(number));
            RaftGroup group = node.group(groupId);
            if (command.kind() == Kind.GET) {
                group.read(new Answer(number, node) {
                    @Override
                    public void succeeded(Object result) {
                        reply(node.machine(groupId).get(command.key()));
                    }
                });
            } else {
                group.propose(command.encode(), new Answer(number, node) {
                    @Override
                    public void succeeded(Object result) {
                        reply(((SimKv.Result) result).before());
                    }
                });
            }
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
            if (world.nowNanos() > deadline) {
                // Known to have had no effect, so it has no place in the history.
                done = true;
                attempt = null;
                world.after(world.exponential(thinkNanos), SimClient.this::next);
            } else {
                sending++;
                world.after(world.exponential(hint == null ? 50e6 : 2e6), this::send);
            }
        }

        private void finish(boolean answered, String before) {
            done = true;
            finished(command, called, answered, before);
        }

        /** The answer of one sending. */
        private abstract class Answer implements Completion {
            private final int number;
            private final SimNode node;
            private int calls;

            Answer(int number, SimNode node) {
                this.number = number;
                this.node = node;
            }

            final void reply(String before) {
                back(() -> {
                    if (number == sending && !done) {
                        finish(true, before);
                    }
                });
            }

            @Override
            public final void failed(RaftException failure) {
                if (failure instanceof RaftException.OutcomeUnknown) {
                    back(() -> unknown(number));
                } else {
                    ReplicaId hint = failure instanceof RaftException.NotLeader refusal ? refusal.leader() : null;
                    back(() -> refused(number, hint));
                }
            }

            private void back(Runnable task) {
                if (++calls > 1) {
                    throw world.failure(command + " was answered twice by " + node);
                }
                if (node.isAlive()) {
                    world.after(world.exponential(WAY_NANOS), task);
                }
            }
        }
    }

    private void moveOn(ReplicaId hint) {
        target = hint == null ? world.random.nextInt(servers.size()) : (int) hint.server() - 1;
    }
}
