package io.raftkv.coordinator.front;

import io.raftkv.resp.RespValue;

/** What a node tells of itself without asking the leader. Threads: the group's loop. */
public interface NodeInfo {
    /** The answer to {@code COORD.INFO}. */
    RespValue cluster();

    /** The answer to {@code INFO}, all sections. */
    String text();
}
