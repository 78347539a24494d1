package io.raftkv.coordinator.front;

import io.raftkv.coordinator.bootstrap.Cluster;
import io.raftkv.coordinator.bootstrap.Hello;
import io.raftkv.coordinator.bootstrap.Members;
import io.raftkv.coordinator.state.CoordinatorState;
import io.raftkv.coordinator.state.Node;
import io.raftkv.coordinator.state.Roster;
import io.raftkv.raft.Configuration;
import io.raftkv.raft.GroupStatus;
import io.raftkv.raft.RaftGroup;
import io.raftkv.raft.sim.Embedder;
import io.raftkv.resp.RespValue;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import java.util.stream.LongStream;

/**
 * The nodes of a simulated coordinator, each a {@link Front} beside its replica, and operators who ask them for other nodes.
 * The nodes see of each other what JGroups would tell, late or never, and requests between them get lost.
 */
final class SimOperators implements Embedder<CoordinatorState> {
    private static final double LOST = 0.05;

    /** What came of the wishes of many runs. */
    static final class Counts {
        final AtomicLong wishes = new AtomicLong();
        final AtomicLong refused = new AtomicLong();
        final AtomicLong takenBack = new AtomicLong();
        final AtomicLong joined = new AtomicLong();
        final AtomicLong left = new AtomicLong();
        final AtomicLong moved = new AtomicLong();

        @Override
        public String toString() {
            return wishes + " wishes were taken, " + takenBack + " of them to take another one back, and " + refused
                    + " refused; in the end " + joined + " nodes had joined, " + left + " had left and " + moved
                    + " were at another address";
        }
    }

    private final int shards;
    private final Counts counts;
    private final List<Node> founders = new ArrayList<>();
    private final List<Long> servers = new ArrayList<>();
    /** By group, then server, the newest life. */
    private final Map<Long, Map<Long, SimFront>> fronts = new HashMap<>();
    /** By group, who is to be a member in the end. */
    private final Map<Long, SortedSet<Long>> targets = new HashMap<>();

    private RandomGenerator random;
    private Cluster cluster;

    SimOperators(int shards, Counts counts) {
        this.shards = shards;
        this.counts = counts;
    }

    @Override
    public void begins(int serverCount, int founderCount, RandomGenerator chance) {
        random = chance;
        LongStream.rangeClosed(1, serverCount).forEach(servers::add);
        servers.stream().limit(founderCount).forEach(id -> founders.add(node(id, 0)));
        cluster = new Cluster(new UUID(1, 1), "simulation", shards, founders);
    }

    Collection<Node> founders() {
        return founders;
    }

    /** A node may come back at its other address. */
    private static Node node(long id, int place) {
        return new Node(id, "10.0." + place + "." + id + ":50000", 0);
    }

    @Override
    public Attendant opened(RaftGroup group, CoordinatorState state) {
        SimFront opened = new SimFront(group, state);
        fronts.computeIfAbsent(group.id(), id -> new HashMap<>()).put(opened.self.id(), opened);
        opened.front.start();
        opened.front.opened(group, state);
        return opened;
    }

    private boolean chance(double probability) {
        return random.nextDouble() < probability;
    }

    private <T> T any(List<T> some) {
        return some.get(random.nextInt(some.size()));
    }

    private static List<Long> ids(List<Node> nodes) {
        return nodes.stream().map(Node::id).toList();
    }

    /** One life of a node. */
    private final class SimFront implements Attendant, Neighbours, Peers, Front.Membership {
        private final RaftGroup group;
        private final CoordinatorState state;
        private final Node self;
        private final Front front;

        SimFront(RaftGroup group, CoordinatorState state) {
            this.group = group;
            this.state = state;
            self = node(group.self().server(), chance(0.25) ? 1 : 0);
            front = new Front(group.loop(), self.address(), self.id(), random.nextLong(), this, this, this);
        }

        // ---- operators

        @Override
        public void changeSome() {
            List<Long> members = ids(state.roster().members());
            List<Long> fresh = fresh();
            boolean mayGrow = !fresh.isEmpty() && members.size() < 5;
            switch (random.nextInt(10)) {
                case 0, 1, 2, 3 -> wish(fresh.isEmpty() ? "" : called(any(fresh)), called(any(members)));
                case 4, 5, 6 -> wish(mayGrow ? called(any(fresh)) : "", mayGrow ? "" : called(any(members)));
                case 7, 8 -> wish("", called(any(members)));
                default -> wish(called(any(servers)), chance(0.5) ? "" : called(any(servers)));
            }
        }

        /** Servers that never were members, as far as this node knows. */
        private List<Long> fresh() {
            Roster roster = state.roster();
            return servers.stream()
                    .filter(id -> roster.node(id) == null && !roster.hasLeft(id))
                    .toList();
        }

        private String called(long id) {
            SimFront life = fronts.get(group.id()).get(id);
            return life == null || chance(0.5) ? Long.toHexString(id) : life.self.address();
        }

        @Override
        public void takeBack() {
            Roster.Change change = state.roster().change();
            if (change == null || change.takenBack()) {
                return;
            }
            Consumer<RespValue> done = answer -> counts.takenBack.addAndGet(answer.isError() ? 0 : 1);
            Node joins = change.joins();
            if (joins != null) {
                ask("", Long.toHexString(joins.id()), done);
            } else {
                ask(Long.toHexString(change.leaves()), "", done);
            }
        }

        private void wish(String joins, String leaves) {
            ask(joins, leaves, answer -> {});
        }

        private void ask(String joins, String leaves, Consumer<RespValue> done) {
            front.changeNodes(null, joins, leaves, answer -> {
                (answer.isError() ? counts.refused : counts.wishes).incrementAndGet();
                done.accept(answer);
            });
        }

        /** One more change, and then no more: the target is reached by one wish after the other. */
        @Override
        public boolean settle() {
            Roster roster = state.roster();
            if (roster.change() != null) {
                return false; // The leader brings it to its end without being asked.
            }
            SortedSet<Long> members = new TreeSet<>(ids(roster.members()));
            SortedSet<Long> target = targets.get(group.id());
            if (target == null || target.stream().anyMatch(roster::hasLeft)) {
                // Late wishes may take away who was chosen.
                target = chooseTarget(members);
                targets.put(group.id(), target);
            }
            if (!members.equals(target)) {
                SortedSet<Long> missing = new TreeSet<>(target);
                missing.removeAll(members);
                SortedSet<Long> tooMany = new TreeSet<>(members);
                tooMany.removeAll(target);
                wish(
                        missing.isEmpty() ? "" : Long.toHexString(missing.first()),
                        tooMany.isEmpty() ? "" : Long.toHexString(tooMany.first()));
                return false;
            }
            return hasExactly(target) && count(roster);
        }

        private SortedSet<Long> chooseTarget(SortedSet<Long> members) {
            SortedSet<Long> chosen = new TreeSet<>(members);
            List<Long> fresh = fresh();
            if (chosen.size() > 1 && (fresh.isEmpty() || chance(0.5))) {
                chosen.remove(any(List.copyOf(members)));
            }
            if (!fresh.isEmpty()) {
                chosen.add(any(fresh));
            }
            return chosen;
        }

        private boolean hasExactly(SortedSet<Long> target) {
            GroupStatus status = group.status();
            Configuration current = status.configuration();
            return !current.isJoint()
                    && current.members().equals(current.voters())
                    && status.configurationIndex() <= status.commitIndex()
                    && ids(state.roster().members()).equals(List.copyOf(target))
                    && current.voters().stream()
                            .map(replica -> replica.server())
                            .toList()
                            .equals(List.copyOf(target));
        }

        private boolean count(Roster roster) {
            List<Long> first = ids(founders);
            List<Long> last = ids(roster.members());
            counts.joined.addAndGet(
                    last.stream().filter(id -> !first.contains(id)).count());
            counts.left.addAndGet(servers.stream().filter(roster::hasLeft).count());
            counts.moved.addAndGet(roster.members().stream()
                    .filter(node -> !node.equals(node(node.id(), 0)))
                    .count());
            return true;
        }

        // ---- what JGroups tells

        @Override
        public Set<Long> reachable() {
            Set<Long> seen = new TreeSet<>(servers);
            if (chance(0.2)) {
                seen.remove(any(servers));
            }
            seen.add(self.id());
            return seen;
        }

        @Override
        public Collection<Hello> heard() {
            List<Hello> hellos = new ArrayList<>();
            for (SimFront other : fronts.get(group.id()).values()) {
                if (other != this && !chance(LOST)) {
                    hellos.add(other.hello());
                }
            }
            return hellos;
        }

        private Hello hello() {
            boolean isMember = state.roster().node(self.id()) != null;
            Hello.Stage stage = isMember ? Hello.Stage.FORMED : Hello.Stage.FRESH;
            return new Hello(self, founders.size(), shards, stage, isMember ? cluster : null, Members.NONE, "");
        }

        @Override
        public void lookFor(String address) {
            // All are in sight.
        }

        @Override
        public boolean sendRequest(long node, ByteBuffer body) {
            return send(node, to -> to.requested(self.id(), body));
        }

        @Override
        public void sendReply(long node, ByteBuffer body) {
            send(node, to -> to.replied(self.id(), body));
        }

        private boolean send(long node, Consumer<Front> frame) {
            SimFront to = fronts.get(group.id()).get(node);
            if (to == null) {
                return false;
            }
            if (!chance(LOST)) {
                to.group.loop().execute(() -> frame.accept(to.front));
            }
            return true;
        }

        @Override
        public String name(long node) {
            return "node " + node;
        }

        @Override
        public String whyNoLeader() {
            return "no leader is elected yet";
        }

        @Override
        public void rosterChanged() {
            // Noted in files, which are no part of this.
        }

        @Override
        public void removed() {
            front.leave();
        }
    }
}
