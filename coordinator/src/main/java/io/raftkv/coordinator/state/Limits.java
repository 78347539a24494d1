package io.raftkv.coordinator.state;

/** What bounds the replicated state. The same on all nodes for ever: a changed limit needs a new command version. */
public final class Limits {
    public static final int MAX_SLOT_INDEX = 65_535;
    public static final int MAX_SLOT_BYTES = 64 * 1024;
    /** All slot texts of one service together; the whole state must fit into memory and snapshots with ease. */
    public static final long MAX_SERVICE_BYTES = 64L * 1024 * 1024;

    public static final int MAX_SERVICES = 1_024;
    public static final int MAX_SESSIONS = 10_000;
    public static final int MAX_NAME_BYTES = 64;
    public static final int MAX_ADDRESS_BYTES = 256;
    public static final int MIN_SESSION_TIMEOUT_MS = 200;
    public static final int MAX_SESSION_TIMEOUT_MS = 600_000;
    /** An epoch that jumps to the end of its range would leave no room for another election. */
    public static final int MAX_EPOCH_RISE = 1 << 20;
    /** How many numbers are left out after a majority was lost for good: it may have given out so many. */
    static final int RECOVERY_GAP = 1 << 20;

    /** Events of a service that are kept for those who reconnect, by number and by size. */
    public static final int MAX_HISTORY_EVENTS = 4_096;

    public static final long MAX_HISTORY_BYTES = 4L * 1024 * 1024;

    public static final int MAX_SHARDS = 16_384;
    public static final int MAX_GROUPS = 4_096;
    public static final int MAX_GROUP_SERVERS = 15;
    public static final int MAX_MAP_VERSIONS = 1_024;
    public static final int MAX_SERVERS = 10_000;

    /** Results kept for each client of {@code REQ}; one that keeps fewer requests in flight never meets the bound. */
    public static final int MAX_RESULTS_PER_CLIENT = 128;

    public static final int MAX_REQUEST_CLIENTS = 20_000;
    /** Longer than any retry lasts; by log time. */
    public static final long REQUEST_TTL_MS = 120_000;

    private Limits() {}
}
