package io.raftkv.raft.driver;

import io.raftkv.raft.Completion;
import io.raftkv.raft.RaftException;
import io.raftkv.raft.core.Effect;
import io.raftkv.raft.core.RaftCore;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;

/** Who asked one replica for a change of members, or for its end, and waits. Threads: the group's loop, except {@link #newToken}. */
final class MemberChanges {
    private final RaftCore core;
    private final long groupId;
    private final AtomicLong tokens = new AtomicLong();
    private final Map<Long, Completion> waiting = new TreeMap<>();

    MemberChanges(RaftCore core, long groupId) {
        this.core = core;
        this.groupId = groupId;
    }

    /** Threads: any. */
    long newToken() {
        return tokens.getAndIncrement();
    }

    /** The core is asked under {@code token}. */
    void asked(long token, Completion completion) {
        waiting.put(token, completion);
    }

    void ended(Effect.ChangeEnded effect) {
        Completion completion = waiting.remove(effect.token());
        if (completion == null) {
            return;
        }
        switch (effect.outcome()) {
            case DONE -> completion.succeeded(null);
            case NOT_LEADER -> completion.failed(new RaftException.NotLeader(effect.leader()));
            case UNDER_WAY ->
                completion.failed(new RaftException.Busy("another change of group " + groupId + " is under way", 500));
            case STALE_VERSION ->
                completion.failed(new RaftException.ChangeRefused("group " + groupId + " follows map version "
                        + core.configuration().mapVersion() + " already; ask with a later one"));
            case RETIRED_REPLICA ->
                completion.failed(new RaftException.ChangeRefused("a replica that is to join group " + groupId
                        + " left it before, or a later one of its server did; give it the next incarnation"));
            case ABORTED ->
                completion.failed(new RaftException.ChangeRefused("the change of group " + groupId + " was aborted"));
            case TOO_LATE ->
                completion.failed(new RaftException.ChangeRefused("group " + groupId
                        + " decides with its old and new voters already; the change can only go forward"));
            case LEADERSHIP_LOST ->
                completion.failed(new RaftException.OutcomeUnknown(
                        "leadership of group " + groupId + " was lost before its change ended"));
        }
    }

    /** The group was closed. */
    void close(String why) {
        waiting.values().forEach(completion -> completion.failed(new RaftException.OutcomeUnknown(why)));
        waiting.clear();
    }
}
