package io.raftkv.coordinator.front;

import io.raftkv.coordinator.bootstrap.Hello;
import io.raftkv.coordinator.state.Command;
import io.raftkv.coordinator.state.CommandCodec;
import io.raftkv.coordinator.state.CoordinatorState;
import io.raftkv.coordinator.state.Node;
import io.raftkv.coordinator.state.Refusal;
import io.raftkv.coordinator.state.Roster;
import io.raftkv.raft.Completion;
import io.raftkv.raft.Configuration;
import io.raftkv.raft.GroupStatus;
import io.raftkv.raft.RaftException;
import io.raftkv.raft.RaftGroup;
import io.raftkv.raft.ReplicaId;
import io.raftkv.resp.RespValue;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * On the leader, brings Raft's configuration in line with the {@link Roster}: asks Raft for the change that is wanted, or to
 * undo it, until Raft says that it is through, and then settles it by a command. Any leader goes on where another one stopped;
 * asking twice does no harm.
 *
 * <p>Threads: the group's loop.
 */
final class RosterKeeper {
    private static final Logger LOG = LoggerFactory.getLogger(RosterKeeper.class);

    private final RaftGroup group;
    private final CoordinatorState state;
    private final Neighbours neighbours;
    private boolean leading;
    /** What Raft or the log has not answered yet. */
    private boolean changing;

    private boolean undoing;
    private boolean writing;
    /** The change that Raft is through with, in this office of this leader. */
    private long reached;

    private String lastTrouble = "";
    /** In this office it was seen that the state knows of any recovery by hand. */
    private boolean mayServe;

    RosterKeeper(RaftGroup group, CoordinatorState state, Neighbours neighbours) {
        this.group = group;
        this.state = state;
        this.neighbours = neighbours;
    }

    /** This node leads and has applied all that came before, or it leads no more. */
    void leading(boolean now) {
        leading = now;
        mayServe = false;
        reached = 0;
        lastTrouble = "";
    }

    /** To be called often. */
    void tick() {
        if (!leading || writing) {
            return;
        }
        Roster.Change change = state.roster().change();
        if (!mayServe()) {
            recover();
        } else if (change == null) {
            announceMoved();
        } else if (reached == change.version()) {
            settle(change);
        } else if (change.takenBack() && !undoing) {
            undoing = true;
            group.abortChange(new Step(() -> undoing = false, () -> reached = change.version()));
        } else if (!change.takenBack() && !changing) {
            changing = true;
            group.changeMembers(
                    replicas(state.roster().wanted()),
                    change.version(),
                    new Step(() -> changing = false, () -> reached = change.version()));
        }
    }

    private SortedSet<ReplicaId> replicas(List<Node> nodes) {
        Configuration configuration = group.status().configuration();
        return nodes.stream().map(node -> node.replicaIn(configuration)).collect(Collectors.toCollection(TreeSet::new));
    }

    /**
     * Whether requests may be carried out: not before the state knows that it was recovered by hand, or it might give out once
     * more what was given out and lost.
     */
    boolean mayServe() {
        if (!mayServe) {
            mayServe = !isRecovered(); // And then for as long as this node leads: it cannot happen to one that runs.
        }
        return mayServe;
    }

    /**
     * Whether somebody made the nodes that survived go on without the others, and the roster still wants these: only so does a
     * node come to a later replica than its first.
     */
    private boolean isRecovered() {
        Configuration configuration = group.status().configuration();
        return !configuration.isJoint()
                && configuration.members().stream().anyMatch(member -> !Node.isFirst(member))
                && state.roster().wanted().stream()
                        .map(node -> node.replicaIn(configuration))
                        .anyMatch(configuration::hasRetired);
    }

    private void recover() {
        List<Long> nodes = group.status().configuration().members().stream()
                .map(ReplicaId::server)
                .toList();
        LOG.warn(
                "the coordinator lost a majority of its nodes and goes on with {}: all sessions end, and what only the lost"
                        + " nodes had is lost",
                nodes.stream().map(Long::toHexString).collect(Collectors.joining(", ")));
        write(new Command.RecoverNodes(nodes));
    }

    /** Raft has a final configuration, and nothing but this class asks for another one. */
    private void settle(Roster.Change change) {
        Configuration configuration = group.status().configuration();
        if (configuration.isJoint() || !configuration.learners().isEmpty()) {
            reached = 0;
            return;
        }
        List<Long> voters =
                configuration.voters().stream().map(ReplicaId::server).toList();
        LOG.info("the coordinator has {} nodes now, change {} is through", voters.size(), change.version());
        write(new Command.SettleNodes(change.version(), voters));
    }

    /** A member that came back with another address is found there from now on. */
    private void announceMoved() {
        for (Hello hello : neighbours.heard()) {
            Node member = state.roster().node(hello.id());
            boolean moved = hello.stage() == Hello.Stage.FORMED && member != null && !member.equals(hello.node());
            if (moved && state.roster().all().stream().noneMatch(other -> isAnother(other, hello.node()))) {
                LOG.info("{} is at {} now", member, hello.node().address());
                write(new Command.MoveNode(hello.node()));
                return;
            }
        }
    }

    private static boolean isAnother(Node other, Node node) {
        return other.id() != node.id() && other.address().equals(node.address());
    }

    private void write(Command command) {
        writing = true;
        group.propose(
                CommandCodec.encode(new CommandCodec.Request(null, command)),
                new Step(() -> writing = false, () -> {}));
    }

    /** An attempt. One that fails is made again, here or at the next leader. */
    private final class Step implements Completion {
        private final Runnable ended;
        private final Runnable through;

        Step(Runnable ended, Runnable through) {
            this.ended = ended;
            this.through = through;
        }

        @Override
        public void succeeded(@Nullable Object result) {
            ended.run();
            through.run();
            if (result instanceof RespValue.Error refused) {
                note(refused.message());
            }
        }

        @Override
        public void failed(RaftException failure) {
            ended.run();
            note(String.valueOf(failure.getMessage()));
        }

        private void note(String trouble) {
            if (!trouble.equals(lastTrouble)) {
                lastTrouble = trouble;
                LOG.info("a change of the nodes is tried again: {}", trouble);
            }
        }
    }

    /**
     * What an operator's words mean now.
     *
     * @param joins address or id of a new node, or empty
     * @param leaves address or id of a member, or empty
     * @throws Refusal if they mean nothing, or would leave the coordinator without a majority of living nodes
     */
    Command.ChangeNodes plan(String joins, String leaves) {
        Roster roster = state.roster();
        Node leaving = leaves.isEmpty() ? null : roster.named(leaves);
        if (!leaves.isEmpty() && leaving == null) {
            throw new Refusal("REFUSED no coordinator node " + leaves + " is a member; members are " + roster);
        }
        Node joining = joins.isEmpty() ? null : joining(roster, joins, leaving);
        if (roster.change() == null) {
            checkMajority(roster, joining, leaving);
        }
        return new Command.ChangeNodes(joining, leaving == null ? 0 : leaving.id());
    }

    private Node joining(Roster roster, String name, @Nullable Node leaving) {
        List<Hello> fresh = neighbours.heard().stream()
                .filter(hello -> hello.node().isNamed(name) && roster.node(hello.id()) == null)
                .toList();
        if (fresh.size() > 1) {
            throw new Refusal("NOTREADY " + fresh.size() + " new nodes say that they are at " + name
                    + "; one of them is a former life, retry in 3 seconds");
        } else if (fresh.size() == 1) {
            return fresh(roster, fresh.get(0));
        }
        Node known = roster.named(name);
        if (known != null && roster.node(known.id()) != null && !known.equals(leaving)) {
            return known; // A member already, or one that was to leave and shall stay.
        }
        neighbours.lookFor(name);
        throw new Refusal("NOTREADY no new coordinator node answers at " + name
                + "; start it there with an empty data folder" + " and the cluster name that the others have");
    }

    private static Node fresh(Roster roster, Hello hello) {
        if (hello.stage() != Hello.Stage.FRESH && !roster.hasLeft(hello.id())) {
            throw new Refusal("REFUSED " + hello.node() + " promised itself to another cluster"
                    + (hello.cluster() == null ? "" : ", " + hello.cluster().id())
                    + "; stop it, remove its data folder, and start it again");
        }
        return hello.node(); // If it left, the state says so.
    }

    /** Raft would never begin such a change; better to say so than to let it wait. */
    private void checkMajority(Roster roster, @Nullable Node joining, @Nullable Node leaving) {
        List<Node> after = new ArrayList<>(roster.members());
        if (leaving != null) {
            after.remove(roster.node(leaving.id()));
        }
        if (joining != null && roster.node(joining.id()) == null) {
            after.add(joining);
        }
        Set<Long> reachable = neighbours.reachable();
        List<String> dead = after.stream()
                .filter(node -> !reachable.contains(node.id()))
                .map(Node::toString)
                .toList();
        int living = after.size() - dead.size();
        if (!after.equals(roster.members()) && !after.isEmpty() && living <= after.size() / 2) {
            throw new Refusal(
                    "REFUSED only " + living + " of " + after.size() + " nodes would be alive after that, no majority,"
                            + " and nothing could be written any more; unreachable: " + String.join(", ", dead)
                            + "; bring them back, or remove or replace them first");
        }
    }

    /** The answer to {@code COORD.NODES}. */
    RespValue report() {
        GroupStatus status = group.status();
        Roster roster = state.roster();
        Roster.Change change = roster.change();
        List<RespValue> rows = new ArrayList<>();
        roster.all().forEach(node -> rows.add(row(node, memberState(node, status, change), status)));
        for (Hello hello : neighbours.heard()) {
            if (roster.node(hello.id()) == null) {
                rows.add(row(hello.node(), roster.hasLeft(hello.id()) ? "removed" : "waiting", status));
            }
        }
        return RespValue.map(
                RespValue.bulk("version"),
                RespValue.integer(roster.version()),
                RespValue.bulk("change"),
                change == null ? RespValue.nil() : RespValue.bulk(roster.describe(change)),
                RespValue.bulk("term"),
                RespValue.integer(status.term()),
                RespValue.bulk("commit"),
                RespValue.integer(status.commitIndex()),
                RespValue.bulk("last"),
                RespValue.integer(status.lastIndex()),
                RespValue.bulk("nodes"),
                RespValue.array(rows));
    }

    private String memberState(Node node, GroupStatus status, Roster.@Nullable Change change) {
        Configuration configuration = status.configuration();
        ReplicaId id = node.replicaIn(configuration);
        if (id.equals(group.self())) {
            return "leader";
        } else if (!neighbours.reachable().contains(node.id())) {
            return "unreachable";
        } else if (configuration.learners().contains(id)) {
            return "learner";
        } else if (!configuration.isVoter(id)) {
            return change != null && change.leaves() == node.id() ? "leaving" : "joining";
        }
        return "follower";
    }

    private RespValue row(Node node, String memberState, GroupStatus status) {
        Long match = node.id() == group.self().server()
                ? Long.valueOf(status.lastIndex())
                : status.matchIndex().get(node.replicaIn(status.configuration()));
        return RespValue.array(
                RespValue.bulk(Long.toHexString(node.id())),
                RespValue.bulk(node.address()),
                RespValue.bulk(memberState),
                match == null ? RespValue.nil() : RespValue.integer(match));
    }
}
