package io.raftkv.coordinator.front;

import io.raftkv.coordinator.wire.ValueCodec;
import io.raftkv.coordinator.wire.WireException;
import io.raftkv.coordinator.wire.WireReader;
import io.raftkv.coordinator.wire.WireWriter;
import io.raftkv.resp.RespValue;

/** What became of one attempt at {@link Work}. */
sealed interface Outcome {
    /** It was done, or refused for good. */
    record Done(RespValue value) implements Outcome {}

    /** The node does not lead; nothing happened. */
    record NotLeading() implements Outcome {}

    /** It may have happened, or may yet. */
    record Unknown() implements Outcome {}

    Outcome NOT_LEADING = new NotLeading();
    Outcome UNKNOWN = new Unknown();

    static void write(WireWriter out, Outcome outcome) {
        if (outcome instanceof Done done) {
            ValueCodec.write(out.u8(0), done.value);
        } else if (outcome instanceof NotLeading) {
            out.u8(1);
        } else if (outcome instanceof Unknown) {
            out.u8(2);
        }
    }

    static Outcome read(WireReader in) {
        int kind = in.u8();
        return switch (kind) {
            case 0 -> new Done(ValueCodec.read(in));
            case 1 -> NOT_LEADING;
            case 2 -> UNKNOWN;
            default -> throw new WireException("no outcome is of kind " + kind);
        };
    }
}
