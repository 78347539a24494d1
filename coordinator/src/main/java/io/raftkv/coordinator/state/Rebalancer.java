package io.raftkv.coordinator.state;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.NavigableSet;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Spreads shards over groups so that no group has two more than another, moving as few as that takes.
 *
 * <p>Orphans, in ascending order, go to the group with the fewest shards (of equals the lowest). Then, while the fullest
 * group (of equals the highest) has at least two more than the emptiest (of equals the lowest), it gives it its
 * highest-numbered shard. The order of each tie is part of the protocol: operators and tests rely on the outcome.
 */
final class Rebalancer {
    private final List<Integer> gids;
    private final TreeMap<Integer, NavigableSet<Integer>> shardsOf = new TreeMap<>();

    private Rebalancer(List<Integer> before, SortedSet<Integer> groups) {
        gids = new ArrayList<>(before);
        groups.forEach(gid -> shardsOf.put(gid, new TreeSet<>()));
    }

    /** The group of each shard, over {@code groups} alone; all 0 if there are none. */
    static List<Integer> spread(List<Integer> before, SortedSet<Integer> groups) {
        if (groups.isEmpty()) {
            return Collections.nCopies(before.size(), 0);
        }
        Rebalancer rebalancer = new Rebalancer(before, groups);
        rebalancer.adoptOrphans();
        rebalancer.level();
        return rebalancer.gids;
    }

    private void adoptOrphans() {
        List<Integer> orphans = new ArrayList<>();
        for (int shard = 0; shard < gids.size(); shard++) {
            NavigableSet<Integer> owned = shardsOf.get(gids.get(shard));
            if (owned == null) {
                orphans.add(shard);
            } else {
                owned.add(shard);
            }
        }
        orphans.forEach(shard -> give(shard, emptiest()));
    }

    private void level() {
        for (int from = fullest(), to = emptiest(); size(from) - size(to) > 1; from = fullest(), to = emptiest()) {
            give(shards(from).pollLast(), to);
        }
    }

    private void give(int shard, int gid) {
        shards(gid).add(shard);
        gids.set(shard, gid);
    }

    private int emptiest() {
        int best = shardsOf.firstKey();
        for (int gid : shardsOf.keySet()) {
            if (size(gid) < size(best)) {
                best = gid;
            }
        }
        return best;
    }

    private int fullest() {
        int best = shardsOf.firstKey();
        for (int gid : shardsOf.keySet()) {
            if (size(gid) >= size(best)) {
                best = gid;
            }
        }
        return best;
    }

    private int size(int gid) {
        return shards(gid).size();
    }

    private NavigableSet<Integer> shards(int gid) {
        NavigableSet<Integer> shards = shardsOf.get(gid);
        if (shards == null) {
            throw new IllegalStateException("group " + gid + " of " + shardsOf.keySet());
        }
        return shards;
    }
}
