package io.raftkv.callback;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The coordinator's own nodes, as its leader sees them.
 *
 * @param version counts the changes of the nodes that were asked for
 * @param change the one that is under way, in words, or null if all is settled
 * @param term the Raft term
 * @param commit the index of the last committed entry
 * @param last the index of the last entry
 * @param nodes members, those that are to become members, and new ones that wait to be added
 */
public record CoordinatorNodes(
        long version, @Nullable String change, long term, long commit, long last, List<Row> nodes) {
    public CoordinatorNodes {
        nodes = List.copyOf(nodes);
    }

    /** A member or one that is to become one, by address or hexadecimal id, or null. */
    public @Nullable Row node(String name) {
        return nodes.stream()
                .filter(row ->
                        row.address().equals(name) || Long.toHexString(row.id()).equals(name))
                .findFirst()
                .orElse(null);
    }

    /**
     * A node.
     *
     * @param id in its data folder
     * @param address where it serves clients
     * @param state {@code leader}, {@code follower}, {@code learner} (gets the log and has no say yet), {@code joining} or
     *     {@code leaving} (that was not begun yet, or is nearly through), {@code unreachable}; {@code waiting} if it is new and
     *     was not added, {@code removed} if it left
     * @param match how much of the leader's log it is known to have on its disk; null if that is not known
     */
    public record Row(
            long id, String address, String state, @Nullable Long match) {
        /** Whether it has a say and is seen. */
        public boolean isVoter() {
            return state.equals("leader") || state.equals("follower");
        }
    }
}
