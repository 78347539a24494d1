package io.raftkv.coordinator.state;

import io.raftkv.coordinator.wire.WireReader;
import io.raftkv.coordinator.wire.WireWriter;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The nodes of the coordinator itself: who they are, where they are, and the change of them that is wanted, one at a time.
 * This is the wish and the address book. Who has a say is told by Raft's configuration alone; the leader brings it in line
 * with the wish, and then {@linkplain #settle settles} the change by what Raft came to. So a wish survives the leader that
 * took it, and the operator who uttered it.
 *
 * <p>Threads: the group's loop; a copy belongs to whoever has it.
 */
public final class Roster {
    /** More nodes than that make each write slower and nothing safer. */
    public static final int MAX_NODES = 9;

    private TreeMap<Long, Node> members = new TreeMap<>();
    /** Their ids never come back: what they promised may be forgotten with their data. */
    private TreeMap<Long, Node> removed = new TreeMap<>();

    private @Nullable Change change;
    private long version;

    /**
     * A change that is not settled.
     *
     * @param version of this change; Raft's map version
     * @param joins who becomes a member, if anybody does
     * @param leaves the id of a member that leaves, or 0; with neither, all members shall be voters, see {@link #recover}
     * @param takenBack whether it is to be undone, if it can be
     */
    public record Change(long version, @Nullable Node joins, long leaves, boolean takenBack) {
        static void write(WireWriter out, Change change) {
            out.i64(change.version)
                    .optional(change.joins, Node::write)
                    .i64(change.leaves)
                    .bool(change.takenBack);
        }

        static Change read(WireReader in) {
            return new Change(in.i64(), in.optional(Node::read), in.i64(), in.bool());
        }

        boolean joins(long id) {
            return joins != null && joins.id() == id;
        }
    }

    /** The one that a cluster is founded with. */
    static Roster of(Collection<Node> founders) {
        Roster roster = new Roster();
        founders.forEach(node -> roster.members.put(node.id(), node));
        return roster;
    }

    /** Counts the changes that were wanted. */
    public long version() {
        return version;
    }

    /** The change under way, or null. */
    public @Nullable Change change() {
        return change;
    }

    /** The members as of the last change that was settled, by id. */
    public List<Node> members() {
        return List.copyOf(members.values());
    }

    /** The members, and who is to become one, by id. */
    public List<Node> all() {
        TreeMap<Long, Node> all = new TreeMap<>(members);
        if (change != null && change.joins() != null) {
            all.put(change.joins().id(), change.joins());
        }
        return List.copyOf(all.values());
    }

    /** Who shall have a say when the change is through, by id. */
    public List<Node> wanted() {
        return change == null || change.takenBack()
                ? members()
                : all().stream().filter(node -> node.id() != leaving()).toList();
    }

    private long leaving() {
        return change == null ? 0 : change.leaves();
    }

    /** A member, one that is to become one, or null. */
    public @Nullable Node node(long id) {
        return find(all(), id);
    }

    /** By address or hexadecimal id: who is to become a member, else a member, else one that left; null if nobody is. */
    public @Nullable Node named(String name) {
        List<Node> candidates = new ArrayList<>();
        if (change != null && change.joins() != null) {
            candidates.add(change.joins());
        }
        candidates.addAll(members.values());
        candidates.addAll(removed.values());
        return candidates.stream()
                .filter(node -> node.isNamed(name))
                .findFirst()
                .orElse(null);
    }

    /** Whether this node left, or its joining was taken back: its id never comes back. */
    public boolean hasLeft(long id) {
        return removed.containsKey(id);
    }

    private static @Nullable Node find(List<Node> nodes, long id) {
        return nodes.stream().filter(node -> node.id() == id).findFirst().orElse(null);
    }

    /**
     * Notes a wish; the result is the version to wait for. One that is fulfilled, or under way, is answered as before.
     *
     * @throws Refusal if it cannot be followed
     */
    long change(Command.ChangeNodes wish) {
        Change current = change;
        if (isFulfilled(wish)) {
            return version;
        }
        if (current != null && isOpposite(wish, current)) {
            change = new Change(current.version(), current.joins(), current.leaves(), true);
            return version;
        }
        if (current != null) {
            throw Refusal.refused("the nodes are being changed already: " + describe(current));
        }
        checkJoining(wish);
        if (wish.leaves() != 0 && !members.containsKey(wish.leaves())) {
            throw Refusal.refused("node " + Long.toHexString(wish.leaves()) + " is no member");
        }
        int size = members.size() + (wish.joins() == null ? 0 : 1) - (wish.leaves() == 0 ? 0 : 1);
        if (size == 0) {
            throw Refusal.refused("the last node cannot be removed: what the coordinator keeps would be lost");
        } else if (size > MAX_NODES) {
            throw Refusal.refused("there can be " + MAX_NODES + " nodes; replace one in place of adding another");
        }
        change = new Change(++version, wish.joins(), wish.leaves(), false);
        return version;
    }

    /** Who is to join shall not, or who is to leave shall stay. */
    private static boolean isOpposite(Command.ChangeNodes wish, Change current) {
        Node joins = wish.joins();
        return joins == null ? current.joins(wish.leaves()) : wish.leaves() == 0 && joins.id() == current.leaves();
    }

    private boolean isFulfilled(Command.ChangeNodes wish) {
        List<Node> wanted = wanted();
        return (wish.joins() == null || find(wanted, wish.joins().id()) != null)
                && (wish.leaves() == 0
                        || (find(wanted, wish.leaves()) == null
                                && (leaving() == wish.leaves() || removed.containsKey(wish.leaves()))));
    }

    private void checkJoining(Command.ChangeNodes wish) {
        Node joins = wish.joins();
        if (joins == null) {
            return;
        }
        if (removed.containsKey(joins.id())) {
            throw Refusal.refused(joins + " left the cluster, and its id never comes back; stop it, remove its data"
                    + " folder, start it, and add it anew");
        }
        for (Node member : members.values()) {
            if (member.address().equals(joins.address()) && member.id() != wish.leaves()) {
                throw Refusal.refused("node " + Long.toHexString(joins.id()) + " is new, but " + member
                        + " is a member at that address; if that one lost its data folder, replace it:"
                        + " raftkv ctl coordinator replace " + joins.address() + " " + joins.address());
            }
        }
    }

    /** What a change does, and how to get rid of it. */
    public String describe(Change under) {
        Node joins = under.joins();
        if (joins == null && under.leaves() == 0) {
            return "the nodes that survived become voters again";
        }
        Node leaves = members.get(under.leaves());
        String what = (joins == null ? "" : joins + (leaves == null ? " is being added" : " takes the place of "))
                + (leaves == null ? "" : leaves.toString())
                + (joins == null ? " is being removed" : "");
        if (under.takenBack()) {
            return what + ", which is being taken back";
        }
        String back = joins != null ? "remove " + joins.address() : leaves != null ? "add " + leaves.address() : "list";
        return what + "; as long as that can be taken back, this does: raftkv ctl coordinator " + back;
    }

    /**
     * Ends the change {@code version}: {@code voters} is what Raft came to. Whoever was a member or was to become one, and
     * is not among them, has left.
     */
    void settle(Command.SettleNodes command) {
        if (change == null || change.version() != command.version()) {
            return; // Said twice, by two leaders.
        }
        List<Node> all = all();
        if (!all.stream().map(Node::id).toList().containsAll(command.voters())) {
            throw Refusal.refused("nobody knows all of the nodes " + command.voters());
        }
        change = null;
        members = new TreeMap<>();
        for (Node node : all) {
            (command.voters().contains(node.id()) ? members : removed).put(node.id(), node);
        }
    }

    /**
     * Raft was recovered by hand, and knows {@code nodes} alone: they are the members, and the others have left. What remains is
     * a change in which nobody joins or leaves, as Raft gives some of them no vote yet.
     */
    void recover(List<Long> nodes) {
        List<Node> all = all();
        members = new TreeMap<>();
        for (Node node : all) {
            (nodes.contains(node.id()) ? members : removed).put(node.id(), node);
        }
        change = new Change(++version, null, 0, false);
    }

    /** A member has another address; refused if another one has it. */
    void move(Node moved) {
        if (!members.containsKey(moved.id())) {
            throw Refusal.refused(moved + " is no member");
        }
        for (Node other : all()) {
            if (other.address().equals(moved.address()) && other.id() != moved.id()) {
                throw Refusal.refused(moved.address() + " is the address of " + other);
            }
        }
        members.put(moved.id(), moved);
    }

    Roster copy() {
        Roster copy = new Roster();
        copy.members.putAll(members);
        copy.removed.putAll(removed);
        copy.change = change;
        copy.version = version;
        return copy;
    }

    void write(WireWriter out) {
        out.i64(version).list(members.values(), Node::write).list(removed.values(), Node::write);
        out.optional(change, Change::write);
    }

    static Roster read(WireReader in) {
        Roster roster = new Roster();
        roster.version = in.i64();
        in.list(Node::read).forEach(node -> roster.members.put(node.id(), node));
        in.list(Node::read).forEach(node -> roster.removed.put(node.id(), node));
        roster.change = in.optional(Change::read);
        return roster;
    }

    @Override
    public String toString() {
        return members.values().stream().map(Node::address).collect(Collectors.joining(", "));
    }
}
