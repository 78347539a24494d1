package io.raftkv.raft.driver;

import io.raftkv.raft.Bytes;
import io.raftkv.raft.Completion;
import io.raftkv.raft.Configuration;
import io.raftkv.raft.EventLoop;
import io.raftkv.raft.RaftException;
import io.raftkv.raft.RaftGroup;
import io.raftkv.raft.ReplicaId;
import io.raftkv.raft.SmallStateMachine;
import io.raftkv.raft.StateMachine;
import io.raftkv.raft.core.CoreOptions;
import io.raftkv.raft.log.LogOptions;
import io.raftkv.raft.sim.SimDisk;
import io.raftkv.raft.transport.Lane;
import io.raftkv.raft.transport.Transport;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/**
 * Real nodes whose threads, clock, network and disks are in the hands of a test: nothing happens but in {@link #run} and
 * {@link #advance}, always in the same order.
 */
final class ManualNodes {
    private static final long STEP_NANOS = 10_000_000;

    private record Timer(long atNanos, long number, Runnable task) {}

    private final ArrayDeque<Runnable> tasks = new ArrayDeque<>();
    private final PriorityQueue<Timer> timers = new PriorityQueue<>(
            (a, b) -> a.atNanos == b.atNanos ? Long.compare(a.number, b.number) : Long.compare(a.atNanos, b.atNanos));
    private long timersMade;
    private long nowNanos;
    private final Map<Long, Transport.Receiver> receivers = new TreeMap<>();
    /** What goes wrong in a node that lost its power, and what stopped one. */
    final List<Throwable> failures = new ArrayList<>();
    /** Whether a frame from one server to another arrives. */
    Link link = (from, to, lane) -> true;

    RaftOptions raft = RaftOptions.DEFAULT
            .with()
            .core(CoreOptions.DEFAULT.with().tailBytes(0).cacheBytes(1 << 10).build())
            .snapshotThresholdBytes(1 << 10)
            .build();
    SnapshotOptions snapshots = SnapshotOptions.DEFAULT;
    LogOptions log = LogOptions.small(4 << 10, failure -> {});
    /** How long work of the background takes, as to write a snapshot. */
    long backgroundMs;

    interface Link {
        boolean carries(long from, long to, Lane lane);
    }

    final EventLoop loop = new EventLoop() {
        @Override
        public void execute(Runnable task) {
            tasks.add(task);
        }

        @Override
        public boolean inLoop() {
            return true;
        }

        @Override
        public long nowNanos() {
            return nowNanos;
        }

        @Override
        public long wallClockMs() {
            return nowNanos / 1_000_000;
        }

        @Override
        public Scheduled schedule(long delayNanos, Runnable task) {
            Timer timer = new Timer(nowNanos + delayNanos, timersMade++, task);
            timers.add(timer);
            return () -> timers.remove(timer);
        }
    };

    /** Does all that can be done without time going by. */
    void run() {
        for (Runnable task = tasks.poll(); task != null; task = tasks.poll()) {
            task.run();
        }
    }

    private void inBackground(Runnable task) {
        if (backgroundMs == 0) {
            tasks.add(task);
        } else {
            loop.schedule(backgroundMs * 1_000_000, task);
        }
    }

    /** Lets time go by until {@code condition} holds; fails if it does not within a simulated minute or two. */
    void until(String what, BooleanSupplier condition) {
        long deadline = nowNanos + 120_000_000_000L;
        run();
        while (!condition.getAsBoolean()) {
            if (nowNanos > deadline) {
                throw new AssertionError("it did not happen that " + what + "; failures: " + failures);
            }
            advance(STEP_NANOS / 1_000_000);
        }
    }

    void advance(long ms) {
        long end = nowNanos + ms * 1_000_000;
        run();
        while (!timers.isEmpty() && timers.peek().atNanos() <= end) {
            Timer timer = timers.poll();
            nowNanos = Math.max(nowNanos, timer.atNanos());
            timer.task().run();
            run();
        }
        nowNanos = end;
    }

    long nowNanos() {
        return nowNanos;
    }

    /** One life of a server. */
    final class Node {
        final long id;
        final SimDisk disk;
        final RaftNode node;
        final Map<Long, RaftGroup> groups = new TreeMap<>();
        private boolean dead;

        Node(long id, SimDisk disk, RaftObserver observer) throws IOException {
            this.id = id;
            this.disk = disk;
            node = RaftNode.open(RaftNodeOptions.of(
                            id,
                            "test",
                            disk,
                            List.of(loop),
                            task -> tasks.add(() -> runUnlessDead(task)),
                            task -> inBackground(() -> runUnlessDead(task)),
                            new Wire(this))
                    .raft(raft)
                    .log(log)
                    .snapshots(snapshots)
                    .seed(id)
                    .observer(observer)
                    .onFailure(failure -> {
                        if (!dead) {
                            failures.add(failure);
                        }
                    })
                    .build());
        }

        private void runUnlessDead(Runnable task) {
            if (!dead) {
                task.run();
            }
        }

        RaftGroup open(long group, StateMachine machine, long... voters) throws IOException {
            RaftGroup opened = node.openGroup(
                    group,
                    new ReplicaId(id, Math.max(1, node.incarnationOnDisk(group))),
                    voters.length == 0 ? null : Configuration.of(members(voters)),
                    machine);
            groups.put(group, opened);
            return opened;
        }

        RaftGroup group(long group) {
            return groups.get(group);
        }

        boolean leads(long group) {
            return groups.get(group).isLeader();
        }

        /** Ends this life; the disk is left to the caller. */
        void die() {
            dead = true;
            receivers.remove(id);
            groups.keySet().forEach(node::closeGroup);
            run();
        }
    }

    static SortedSet<ReplicaId> members(long... servers) {
        SortedSet<ReplicaId> members = new TreeSet<>();
        for (long server : servers) {
            members.add(new ReplicaId(server, 1));
        }
        return members;
    }

    private final class Wire implements Transport {
        private final Node node;

        Wire(Node node) {
            this.node = node;
        }

        @Override
        public void start(Receiver receiver) {
            receivers.put(node.id, receiver);
        }

        @Override
        public void send(long server, Lane lane, ByteBuffer frame) {
            if (!node.dead && link.carries(node.id, server, lane)) {
                byte[] bytes = new byte[frame.remaining()];
                frame.get(bytes);
                long from = node.id;
                tasks.add(() -> {
                    Receiver receiver = receivers.get(server);
                    if (receiver != null) {
                        receiver.received(from, ByteBuffer.wrap(bytes));
                    }
                });
            }
        }

        @Override
        public long queuedBytes(long server) {
            return 0;
        }

        @Override
        public void close() {
            receivers.remove(node.id);
        }
    }

    /** A text that grows; its hash tells all that was ever appended, and in which order. */
    static final class Text implements SmallStateMachine {
        final StringBuilder text = new StringBuilder();
        Supplier<RuntimeException> onSave = () -> null;

        @Override
        public Object apply(long index, long timeMs, Bytes command) {
            text.append(command.toUtf8());
            return (long) text.length();
        }

        @Override
        public byte[] save() {
            RuntimeException failure = onSave.get();
            if (failure != null) {
                throw failure;
            }
            return Bytes.utf8(text.toString()).toArray();
        }

        @Override
        public void restore(byte[] state) {
            text.setLength(0);
            text.append(Bytes.wrap(state).toUtf8());
        }
    }

    /** What became of a request. */
    static final class Outcome implements Completion {
        Object value;
        RaftException failure;
        boolean done;

        @Override
        public void succeeded(Object result) {
            value = result;
            done = true;
        }

        @Override
        public void failed(RaftException why) {
            failure = why;
            done = true;
        }
    }

    Outcome propose(RaftGroup group, String text) {
        Outcome outcome = new Outcome();
        group.propose(Bytes.utf8(text), outcome);
        run();
        return outcome;
    }

    /** Appends {@code text} for sure, at whoever leads. */
    void append(List<Node> nodes, long group, String text) {
        Outcome[] last = {new Outcome()};
        until("'" + text + "' is appended", () -> {
            if (last[0].failure != null || last[0].value == null) {
                Node leader = nodes.stream()
                        .filter(node -> !node.dead && node.leads(group))
                        .findFirst()
                        .orElse(null);
                if (leader == null) {
                    return false;
                }
                last[0] = propose(leader.group(group), text);
            }
            return last[0].value != null;
        });
    }
}
