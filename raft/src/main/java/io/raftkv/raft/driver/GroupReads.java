package io.raftkv.raft.driver;

import io.raftkv.raft.Completion;
import io.raftkv.raft.RaftException;
import io.raftkv.raft.ReadMode;
import io.raftkv.raft.core.Effect;
import io.raftkv.raft.core.Input;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The reads of one replica on their way: those of a turn are asked for together; then they wait for the core, then for the
 * state. Threads: the group's loop.
 */
final class GroupReads {
    private record Read(Supplier<? extends @Nullable Object> query, Completion completion) {}

    private record Confirmed(long index, List<Read> reads) {}

    private final Map<ReadMode, List<Read>> asked = new EnumMap<>(ReadMode.class);
    private final Map<Long, List<Read>> confirming = new TreeMap<>();
    private final ArrayDeque<Confirmed> confirmed = new ArrayDeque<>();
    private long nextToken;

    void add(ReadMode mode, Supplier<? extends @Nullable Object> query, Completion completion) {
        asked.computeIfAbsent(mode, none -> new ArrayList<>()).add(new Read(query, completion));
    }

    /** Asks for all that were added. A completion may add more, which are of the next turn. */
    void ask(Consumer<Input> core) {
        for (ReadMode mode : ReadMode.values()) {
            List<Read> reads = asked.remove(mode);
            if (reads != null) {
                long token = nextToken++;
                confirming.put(token, reads);
                core.accept(new Input.Read(token, mode));
            }
        }
    }

    void ready(Effect.ReadReady effect) {
        List<Read> reads = confirming.remove(effect.token());
        if (reads != null) {
            confirmed.add(new Confirmed(effect.index(), reads));
        }
    }

    void failed(Effect.ReadFailed effect) {
        List<Read> reads = confirming.remove(effect.token());
        if (reads != null) {
            fail(reads, failure(effect));
        }
    }

    private static RaftException failure(Effect.ReadFailed effect) {
        return switch (effect.cause()) {
            case NOT_LEADER -> new RaftException.NotLeader(effect.leader());
            case NO_ANSWER ->
                new RaftException.Busy("the leader does not answer, or is far ahead of this replica", 100);
            case TOO_MANY -> new RaftException.Busy("too many reads wait for the leader", 50);
        };
    }

    /** Serves what waits for nothing more than {@code lastApplied}. */
    void serve(long lastApplied) {
        while (!confirmed.isEmpty() && confirmed.getFirst().index() <= lastApplied) {
            confirmed.removeFirst().reads().forEach(read -> read.completion()
                    .succeeded(read.query().get()));
        }
    }

    /** Fails all of them. */
    void close(RaftException failure) {
        List<Read> all = new ArrayList<>();
        asked.values().forEach(all::addAll);
        confirming.values().forEach(all::addAll);
        confirmed.forEach(batch -> all.addAll(batch.reads()));
        asked.clear();
        confirming.clear();
        confirmed.clear();
        fail(all, failure);
    }

    private static void fail(List<Read> reads, RaftException failure) {
        reads.forEach(read -> read.completion().failed(failure));
    }
}
