package io.raftkv.coordinator.jgroups;

import org.jspecify.annotations.Nullable;

/** What a frame between nodes carries. The number stands in the frame. */
public enum FrameType {
    /** Who I am and what I know of the cluster; the only one that is heard across clusters, because it finds them. */
    HELLO,
    /** Messages of Raft groups. */
    RAFT,
    /** A client's request on its way to the leader. */
    REQUEST,
    /** The answer to it. */
    REPLY;

    private static final FrameType[] VALUES = values();

    static @Nullable FrameType of(int number) {
        return number >= 0 && number < VALUES.length ? VALUES[number] : null;
    }
}
