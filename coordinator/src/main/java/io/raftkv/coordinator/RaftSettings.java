package io.raftkv.coordinator;

import io.raftkv.config.CoordinatorConfig;
import io.raftkv.raft.core.CoreOptions;
import io.raftkv.raft.driver.RaftOptions;

/** How the coordinator sets up the Raft library: its defaults, but for what the configuration says. */
final class RaftSettings {
    /** The group's state is small and so is its log. */
    static final int LOG_SEGMENT_BYTES = 16 << 20;

    private RaftSettings() {}

    static RaftOptions of(CoordinatorConfig config) {
        RaftOptions defaults = RaftOptions.DEFAULT;
        return new RaftOptions(
                core(config),
                defaults.maxBatchBytes(),
                defaults.maxBatchCommands(),
                defaults.maxCommandBytes(),
                defaults.maxPendingBytes(),
                defaults.maxLogQueueBytes(),
                defaults.snapshotThresholdBytes(),
                defaults.snapshotChunkBytes(),
                defaults.applyBudgetBytes());
    }

    private static CoreOptions core(CoordinatorConfig config) {
        CoreOptions defaults = CoreOptions.DEFAULT;
        return new CoreOptions(
                config.heartbeatMs(),
                config.electionMinMs(),
                config.electionMaxMs(),
                defaults.maxAppendBytes(),
                defaults.maxInflightMessages(),
                defaults.maxInflightBytes(),
                defaults.maxUncommittedBytes(),
                defaults.cacheBytes(),
                defaults.tailBytes());
    }
}
