package io.raftkv.raft.core;

import java.util.ArrayDeque;

/**
 * What a leader knows of one follower (Raft §3.5, §10.2.1).
 *
 * <pre>matchIndex &lt; nextIndex</pre>
 *
 * Threads: the group's loop.
 */
final class Progress {
    /** How entries are sent. */
    enum Mode {
        /** Where the logs agree is not known: one message at a time. */
        PROBE,
        /** It is known: messages follow one another without waiting. */
        REPLICATE,
        /** What the follower needs is no longer in the log. */
        SNAPSHOT
    }

    /** An append that waits for its answer. */
    private record Inflight(long lastIndex, long bytes) {}

    private final ArrayDeque<Inflight> inflight = new ArrayDeque<>();
    private long inflightBytes;

    Mode mode = Mode.PROBE;
    long nextIndex;
    long matchIndex;
    /** A probe or a fetch is under way: nothing more is sent until it is answered or a heartbeat is due. */
    boolean waiting;

    /** In mode SNAPSHOT what is being sent, 0 if that is not known yet. */
    long snapshotIndex;
    /** The size of the last snapshot that was sent, until the follower has caught up with what came after it. */
    long snapshotBytes;

    long lastHeardNanos;
    /** The highest read round this follower echoed, and the highest that was sent to it. */
    long roundHeard;

    long roundSent;
    /** Not 0 after a refusal of what was acknowledged: only a refusal that echoes this round is no late one. */
    long doubtRound;

    /** What it has committed and not applied, as it said last; 0 if that is little. */
    long unappliedBytes;

    final CatchUp catchUp = new CatchUp();
    final Fence fence = new Fence();

    Progress(long nextIndex, long nowNanos) {
        this.nextIndex = nextIndex;
        this.lastHeardNanos = nowNanos;
    }

    boolean windowFull(CoreOptions options) {
        return inflight.size() >= options.maxInflightMessages() || inflightBytes >= options.maxInflightBytes();
    }

    /** Entries up to {@code lastIndex} went out. */
    void sent(long lastIndex, long bytes) {
        if (mode == Mode.PROBE) {
            waiting = true;
        } else {
            nextIndex = lastIndex + 1;
            inflight.add(new Inflight(lastIndex, bytes));
            inflightBytes += bytes;
        }
    }

    /** The follower agrees, durably, up to {@code index}. Returns whether that is news. */
    boolean matched(long index) {
        while (!inflight.isEmpty() && inflight.getFirst().lastIndex() <= index) {
            inflightBytes -= inflight.removeFirst().bytes();
        }
        boolean news = index > matchIndex;
        matchIndex = Math.max(matchIndex, index);
        nextIndex = Math.max(nextIndex, matchIndex + 1);
        return news;
    }

    /** It lost what it had acknowledged. */
    void forgetMatch() {
        matchIndex = 0;
        roundHeard = 0;
        doubtRound = 0;
        if (mode == Mode.REPLICATE) {
            become(Mode.PROBE, nextIndex);
        }
    }

    void become(Mode newMode, long next) {
        mode = newMode;
        nextIndex = next;
        snapshotIndex = 0;
        waiting = false;
        inflight.clear();
        inflightBytes = 0;
    }
}
