package io.raftkv.coordinator.front;

import io.raftkv.coordinator.bootstrap.Hello;
import java.util.Collection;
import java.util.Set;

/** The other nodes, members or not, as far as they are seen: hints all. Threads: the group's loop. */
public interface Neighbours {
    /** Who is in reach now, this node included. */
    Set<Long> reachable();

    /** What the others said of late, this node not among them. */
    Collection<Hello> heard();

    /** Looks for a node that is not in sight and serves clients at {@code address}. */
    void lookFor(String address);
}
