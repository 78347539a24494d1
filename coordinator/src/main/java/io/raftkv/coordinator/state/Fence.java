package io.raftkv.coordinator.state;

import io.raftkv.coordinator.wire.WireReader;
import io.raftkv.coordinator.wire.WireWriter;

/** Who wrote a slot last, among writers that have a generation of their shard and a term of its group. */
public record Fence(long generation, long term) implements Comparable<Fence> {
    @Override
    public int compareTo(Fence other) {
        int byGeneration = Long.compare(generation, other.generation);
        return byGeneration != 0 ? byGeneration : Long.compare(term, other.term);
    }

    static void write(WireWriter out, Fence fence) {
        out.i64(fence.generation).i64(fence.term);
    }

    static Fence read(WireReader in) {
        return new Fence(in.i64(), in.i64());
    }

    @Override
    public String toString() {
        return "generation " + generation + " term " + term;
    }
}
