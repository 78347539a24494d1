package io.raftkv.raft.sim;

/** Who changes the members of the groups of a run, and how. */
interface MemberChanges {
    /** Some group is to have some other members. */
    void changeSome();

    /** This group; {@code leader} leads it, or did. */
    void changeSome(long group, SimServer leader);

    /** What is under way may have to be given up. */
    void abort();

    /** There is peace: from now on nothing changes but what is needed to compare all states. */
    void settle();

    /** Whether that has come to its end. */
    boolean isSettled();

    /** Whether the group should be on {@code server}, as far as it is known: all that should have it must be equal in the end. */
    default boolean isWanted(long group, SimServer server) {
        return true;
    }
}
