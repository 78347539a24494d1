package io.raftkv.coordinator.front;

import io.raftkv.coordinator.state.Query;
import io.raftkv.coordinator.wire.WireException;
import io.raftkv.coordinator.wire.WireReader;
import io.raftkv.coordinator.wire.WireWriter;
import io.raftkv.raft.Bytes;

/** What only the leader can do. */
sealed interface Work {
    /** A command as it will lie in the log; it carries a request id, so that doing it twice does it once. */
    record Write(Bytes command) implements Work {}

    /** A linearizable question. */
    record Read(Query query) implements Work {}

    int WRITE = 0;
    int READ = 1;

    static void write(WireWriter out, Work work) {
        if (work instanceof Write write) {
            out.u8(WRITE).bytes(write.command);
        } else if (work instanceof Read read) {
            out.u8(READ).bytes(Query.encode(read.query));
        }
    }

    static Work read(WireReader in) {
        int kind = in.u8();
        return switch (kind) {
            case WRITE -> new Write(in.bytes());
            case READ -> new Read(Query.decode(in.bytes()));
            default -> throw new WireException("no work is of kind " + kind);
        };
    }
}
