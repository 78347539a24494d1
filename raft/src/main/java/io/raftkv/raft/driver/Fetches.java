package io.raftkv.raft.driver;

import io.raftkv.raft.ReplicaId;
import io.raftkv.raft.core.Effect;
import io.raftkv.raft.core.Entry;
import io.raftkv.raft.core.Input;
import io.raftkv.raft.log.LogException;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads from the disk the entries that followers lack and that are in memory no more. A learner has time: it gets what the group
 * writes meanwhile, and of what it lacks as much as the throttle of the snapshots allows, so that filling it gives way to those
 * who write. A voter that is behind gets all as fast as it takes it.
 *
 * <p>Threads: the group's loop.
 */
final class Fetches {
    private static final Logger LOG = LoggerFactory.getLogger(Fetches.class);

    private final GroupRunner group;
    private final Map<ReplicaId, LearnerCredit> credits = new TreeMap<>();

    Fetches(GroupRunner group) {
        this.group = group;
    }

    void start(Effect.Fetch effect) {
        group.inBackground(
                () -> group.node().log().read(group.id(), effect.from(), effect.to(), effect.maxBytes()),
                entries -> read(effect.peer(), entries),
                failure -> {
                    if (failure instanceof LogException damage && damage.isDamage()) {
                        // The next start sets aside what is damaged and recovers.
                        group.node().fail(damage);
                        return;
                    }
                    LOG.warn("group {}: cannot read entries from {} on", group.id(), effect.from(), failure);
                    give(effect.peer(), List.of());
                });
    }

    private void read(ReplicaId peer, List<Entry> entries) {
        int bytes = toThrottle(peer, entries);
        if (bytes == 0) {
            give(peer, entries);
        } else {
            group.node().throttle().run(bytes, group.loop(), () -> give(peer, entries));
        }
    }

    private int toThrottle(ReplicaId peer, List<Entry> entries) {
        SortedSet<ReplicaId> learners = group.core().configuration().learners();
        credits.keySet().retainAll(learners);
        if (!learners.contains(peer)) {
            return 0;
        }
        int bytes = entries.stream().mapToInt(Entry::bytes).sum();
        long written = group.core().appendedBytes();
        return credits.computeIfAbsent(peer, learner -> new LearnerCredit(written))
                .beyond(bytes, written);
    }

    private void give(ReplicaId peer, List<Entry> entries) {
        group.input(new Input.Fetched(peer, entries));
    }
}
