package io.raftkv.config;

/** The Raft time-outs that coordinator and server have in common. */
final class RaftTimes {
    // Ten times a LAN's worst round trip; an election needs several missed ones.
    static final Setting<Integer> HEARTBEAT_MS = Setting.integer(
                    "heartbeatMs",
                    10,
                    10_000,
                    "Milliseconds between the messages of a Raft leader with nothing to say.")
            .orElse(100);
    static final Setting<Integer> ELECTION_MIN_MS = Setting.integer(
                    "electionMinMs",
                    50,
                    60_000,
                    "Milliseconds without a leader after which a node stands for election: at least these, at random up"
                            + " to `electionMaxMs`. At least three heartbeats.")
            .orElse(600);
    static final Setting<Integer> ELECTION_MAX_MS = Setting.integer(
                    "electionMaxMs", 50, 120_000, "See `electionMinMs`, which it must exceed.")
            .orElse(1200);

    private RaftTimes() {}

    static void check(int heartbeatMs, int electionMinMs, int electionMaxMs) {
        HEARTBEAT_MS.check(heartbeatMs);
        ELECTION_MIN_MS.check(electionMinMs);
        ELECTION_MAX_MS.check(electionMaxMs);
        if (electionMinMs < 3 * heartbeatMs) {
            throw new ConfigException(
                    null,
                    0,
                    ELECTION_MIN_MS.name(),
                    electionMinMs + " is too short; allowed: at least three times heartbeatMs, " + 3 * heartbeatMs);
        }
        if (electionMaxMs <= electionMinMs) {
            throw new ConfigException(
                    null,
                    0,
                    ELECTION_MAX_MS.name(),
                    electionMaxMs + " is too short; allowed: more than electionMinMs, " + electionMinMs);
        }
    }
}
