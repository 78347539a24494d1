package io.raftkv.coordinator.state;

import io.raftkv.coordinator.wire.WireReader;
import io.raftkv.coordinator.wire.WireWriter;
import io.raftkv.raft.Bytes;
import org.jspecify.annotations.Nullable;

/** One element of a service's array. */
record Slot(Bytes text, @Nullable Fence fence) {
    static void write(WireWriter out, Slot slot) {
        out.bytes(slot.text).optional(slot.fence, Fence::write);
    }

    static Slot read(WireReader in) {
        return new Slot(in.bytes(), in.optional(Fence::read));
    }
}
