package io.raftkv.raft;

import org.jspecify.annotations.Nullable;

/**
 * The identity of one copy of one group: the server that keeps it and the incarnation that the configuration entry which
 * added it gave it. Never used twice: a server that lost its data and is added again gets another incarnation, so that
 * its forgotten votes cannot be given a second time.
 *
 * @param server the random id in the data folder of the server, not 0
 * @param incarnation how often the server was added to the group, from 1
 */
public record ReplicaId(long server, long incarnation) implements Comparable<ReplicaId> {
    /** Checks the ranges. */
    public ReplicaId {
        if (server == 0 || incarnation < 1) {
            throw new IllegalArgumentException("no replica has server " + server + ", incarnation " + incarnation);
        }
    }

    @Override
    public int compareTo(ReplicaId other) {
        int byServer = Long.compare(server, other.server);
        return byServer != 0 ? byServer : Long.compare(incarnation, other.incarnation);
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof ReplicaId that && server == that.server && incarnation == that.incarnation;
    }

    @Override
    public int hashCode() {
        return Long.hashCode(server * 31 + incarnation);
    }

    @Override
    public String toString() {
        return Long.toHexString(server) + "." + incarnation;
    }
}
