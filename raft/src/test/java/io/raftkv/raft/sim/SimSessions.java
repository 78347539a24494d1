package io.raftkv.raft.sim;

import io.raftkv.raft.Bytes;
import io.raftkv.raft.Completion;
import io.raftkv.raft.RaftException;
import io.raftkv.raft.RaftGroup;
import io.raftkv.raft.ReplicaId;
import io.raftkv.raft.session.Session;
import io.raftkv.raft.session.SessionCommand;
import io.raftkv.raft.session.SessionLimits;
import io.raftkv.raft.session.SessionLink;
import io.raftkv.raft.session.SessionOptions;
import io.raftkv.raft.session.SessionReply;
import java.util.HashMap;
import java.util.Map;

/**
 * A client that appends tags to a key of its own, several at a time, in sessions of the library, over a network that loses
 * answers and repeats requests, some of them much later. In the end each tag that was acknowledged stands there exactly once,
 * each of which the outcome is unknown at most once, and each of which it was promised that it was not executed, not at all.
 */
final class SimSessions {
    static final int CLIENTS = 3;
    static final long TTL_MS = 3000;

    private static final long WAY_NANOS = 300_000;
    private static final long GROUP = 1;
    /** A link gives up on an answer after this. */
    private static final long ANSWER_NANOS = SimWorld.seconds(1);

    private static final SessionOptions OPTIONS = new SessionOptions(6, 4000, 1000);
    /** Small, so that windows are full and sessions too many now and then. */
    static final SessionLimits LIMITS = new SessionLimits(12, 5, 300, 2000);

    private enum Fate {
        UNDER_WAY,
        DONE,
        UNKNOWN,
        NEVER
    }

    private final SimCluster cluster;
    private final SimWorld world;
    private final int id;
    private final double thinkNanos;
    private final SimLoop loop;
    private final Map<String, Fate> fates = new HashMap<>();
    private Session session;
    private boolean isOpening;
    private boolean stopping;
    private int tags;
    private int underWay;
    private int target;

    SimSessions(SimCluster cluster, int id, double thinkNanos) {
        this.cluster = cluster;
        this.world = cluster.world();
        this.id = id;
        this.thinkNanos = thinkNanos;
        this.loop = new SimLoop(world, new SimProcess("session client " + id, 1, 0), "loop");
    }

    void start() {
        world.after(world.exponential(thinkNanos), this::next);
    }

    /** Begins nothing new. */
    void stop() {
        stopping = true;
    }

    boolean isIdle() {
        return underWay == 0 && !isOpening;
    }

    private String key() {
        return "session" + id;
    }

    private void next() {
        if (stopping) {
            return;
        }
        // Now and then long enough for the session to expire.
        world.after(world.exponential(world.chance(0.02) ? 40 * thinkNanos : thinkNanos), this::next);
        if (session == null) {
            open();
        } else if (world.chance(0.01)) {
            session.close();
            session = null;
        } else {
            for (int i = 1 + world.random.nextInt(3); i > 0 && underWay < OPTIONS.window(); i--) {
                append("s" + id + "t" + tags++ + "s");
            }
        }
    }

    private void open() {
        if (!isOpening) {
            isOpening = true;
            Session.open(new Link(), loop, OPTIONS, "client " + id).whenComplete((opened, failure) -> {
                isOpening = false;
                session = opened;
                cluster.totals().sessions += opened == null ? 0 : 1;
            });
        }
    }

    private void append(String tag) {
        underWay++;
        fates.put(tag, Fate.UNDER_WAY);
        Session mine = session;
        KvCommand command = new KvCommand(KvCommand.Kind.APPEND, key(), tag, null);
        mine.run(command.encode(), new Completion() {
            @Override
            public void succeeded(Object result) {
                ended(tag, Fate.DONE, "done");
            }

            @Override
            public void failed(RaftException failure) {
                if (failure instanceof RaftException.SessionExpired && session == mine) {
                    session = null;
                    cluster.totals().sessionsLost++;
                }
                ended(
                        tag,
                        failure instanceof RaftException.OutcomeUnknown ? Fate.UNKNOWN : Fate.NEVER,
                        failure.getMessage());
                if (failure instanceof RaftException.OutcomeUnknown
                        && failure.getMessage().contains("was gone")
                        && session == mine) {
                    session = null;
                }
            }
        });
    }

    private void ended(String tag, Fate fate, String why) {
        underWay--;
        cluster.totals().sessionCommands += fate == Fate.DONE ? 1 : 0;
        world.mix(fate.ordinal());
        world.trace(() -> "session client " + id + ": " + tag + " " + fate + ": " + why);
        if (fates.put(tag, fate) != Fate.UNDER_WAY) {
            throw world.failure("exactly once: " + tag + " ended twice");
        }
    }

    /** Compares what was promised with what became of the key; only when all are idle. */
    void check(SimKv kv) {
        String state = kv.get(key());
        for (Map.Entry<String, Fate> tag : fates.entrySet()) {
            int found = count(state == null ? "" : state, tag.getKey());
            boolean right =
                    switch (tag.getValue()) {
                        case DONE -> found == 1;
                        case UNKNOWN -> found <= 1;
                        case NEVER -> found == 0;
                        case UNDER_WAY -> false;
                    };
            if (!right) {
                throw world.failure("exactly once: " + tag.getKey() + ", which ended as " + tag.getValue() + ", stands "
                        + found + " times in " + state);
            }
        }
    }

    private static int count(String state, String tag) {
        int found = 0;
        for (int at = state.indexOf(tag); at >= 0; at = state.indexOf(tag, at + 1)) {
            found++;
        }
        return found;
    }

    /** Over the network to the server that is taken for the leader. */
    private final class Link implements SessionLink {
        @Override
        public void register(String label, Completion completion) {
            new Request(SessionCommand.register(label, LIMITS), completion).send();
        }

        @Override
        public void command(long id, long sequence, long ackedBelow, Bytes command, Completion completion) {
            new Request(SessionCommand.command(id, sequence, ackedBelow, command), completion).send();
        }

        @Override
        public void close(long id, Completion completion) {
            new Request(SessionCommand.close(id), completion).send();
        }
    }

    private final class Request {
        private final Bytes bytes;
        private final Completion completion;
        private boolean answered;

        Request(Bytes bytes, Completion completion) {
            this.bytes = bytes;
            this.completion = completion;
        }

        void send() {
            deliver(target, world.chance(0.1));
            world.after(
                    ANSWER_NANOS,
                    () -> answer(true, () -> completion.failed(new RaftException.OutcomeUnknown("no answer"))));
        }

        private void deliver(int server, boolean answerIsLost) {
            world.after(world.exponential(WAY_NANOS), () -> cluster.servers()
                    .get(server)
                    .serve(node -> propose(node.group(GROUP), new Answer(answerIsLost)), () -> {
                        if (!answerIsLost) {
                            refused(null);
                        }
                    }));
        }

        private void propose(RaftGroup group, Answer answer) {
            if (group == null) {
                answer.failed(new RaftException.NotLeader(null));
            } else {
                group.propose(bytes, answer);
            }
        }

        private void refused(ReplicaId hint) {
            target = hint == null ? world.random.nextInt(cluster.servers().size()) : (int) hint.server() - 1;
            answer(false, () -> completion.failed(new RaftException.NotLeader(hint)));
        }

        /**
         * On the loop of the client, as its session expects; once. What may have been executed may come again later, when it
         * is long forgotten; a link that repeats what it reports as refused would break its promise.
         */
        private void answer(boolean mayBeDone, Runnable task) {
            if (!answered) {
                answered = true;
                loop.execute(task);
                if (mayBeDone && world.chance(0.15)) {
                    cluster.totals().sessionCopies++;
                    world.after(
                            world.exponential(world.chance(0.5) ? 1e6 : 2e9),
                            () -> deliver(world.random.nextInt(cluster.servers().size()), true));
                }
            }
        }

        private final class Answer implements Completion {
            private final boolean isLost;

            Answer(boolean isLost) {
                this.isLost = isLost;
            }

            @Override
            public void succeeded(Object result) {
                SessionReply.Status status = ((SessionReply) result).status();
                boolean isDone = status == SessionReply.Status.EXECUTED || status == SessionReply.Status.REPEATED;
                back(() -> answer(isDone, () -> completion.succeeded(result)));
            }

            @Override
            public void failed(RaftException failure) {
                back(() -> {
                    if (failure instanceof RaftException.NotLeader notLeader) {
                        refused(notLeader.leader());
                    } else {
                        answer(failure instanceof RaftException.OutcomeUnknown, () -> completion.failed(failure));
                    }
                });
            }

            private void back(Runnable task) {
                if (!isLost) {
                    world.after(world.exponential(WAY_NANOS), task);
                }
            }
        }
    }
}
