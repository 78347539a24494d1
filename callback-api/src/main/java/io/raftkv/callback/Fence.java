package io.raftkv.callback;

/**
 * How recent a writer of a slot is. The coordinator keeps it with the slot and refuses a smaller one, so that a leader
 * that was paused cannot overwrite what its successor wrote. Generations are compared first, then terms.
 *
 * @param generation of the shard, not negative
 * @param term the Raft term in which the writer leads, not negative
 */
public record Fence(long generation, long term) implements Comparable<Fence> {
    public Fence {
        if (generation < 0 || term < 0) {
            throw new IllegalArgumentException("a fence is not negative: generation " + generation + ", term " + term);
        }
    }

    @Override
    public int compareTo(Fence other) {
        int byGeneration = Long.compare(generation, other.generation);
        return byGeneration != 0 ? byGeneration : Long.compare(term, other.term);
    }
}
