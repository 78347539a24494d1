package io.raftkv.raft.log;

import java.io.IOException;

/** Entries that are asked for are covered by a snapshot and no longer in the log. */
public final class CompactedException extends IOException {
    private static final long serialVersionUID = 1;

    CompactedException(long groupId, long index, long startIndex) {
        super("entry " + index + " of group " + groupId + " is no longer in the log, which starts behind " + startIndex
                + "; a snapshot stands for it");
    }
}
