package io.raftkv.raft.driver;

import io.raftkv.raft.RaftException;
import io.raftkv.raft.core.Message;
import io.raftkv.raft.log.SharedLog;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a replica does without while the disk of its server is nearly full: new entries, as a leader and as a follower. It
 * goes on to hear and send heartbeats, to vote and to serve reads, so that the group does not notice more than that one of
 * it is behind, and takes entries again as soon as there is room.
 *
 * <p>Threads: any.
 */
final class DiskRoom {
    private static final int RETRY_MS = 1000;

    private DiskRoom() {}

    /** Why a proposal cannot be taken, or null if it can. */
    static RaftException.@Nullable Busy refusal(SharedLog log) {
        if (!log.isDiskNearlyFull()) {
            return null;
        }
        log.lookForRoom();
        return new RaftException.Busy("the disk of this server is nearly full; make room on it", RETRY_MS);
    }

    /** What there is room for of a message: a lost one, or a heartbeat, is what every sender has to bear. */
    static @Nullable Message affordable(SharedLog log, Message message) {
        if (!log.isDiskNearlyFull()) {
            return message;
        }
        log.lookForRoom();
        if (message instanceof Message.AppendEntries append && !append.entries().isEmpty()) {
            return new Message.AppendEntries(
                    append.term(),
                    append.prevLogIndex(),
                    append.prevLogTerm(),
                    append.leaderCommit(),
                    append.round(),
                    List.of());
        }
        return message instanceof Message.InstallSnapshot ? null : message;
    }
}
