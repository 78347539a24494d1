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
        CoreOptions core = CoreOptions.DEFAULT
                .with()
                .heartbeatMs(config.heartbeatMs())
                .electionMinMs(config.electionMinMs())
                .electionMaxMs(config.electionMaxMs())
                .build();
        return RaftOptions.DEFAULT.with().core(core).build();
    }
}
