package io.raftkv.coordinator.front;

import io.raftkv.coordinator.state.CommandCodec.RequestId;
import io.raftkv.coordinator.state.Query;
import io.raftkv.coordinator.wire.WireException;
import io.raftkv.coordinator.wire.WireReader;
import io.raftkv.coordinator.wire.WireWriter;
import io.raftkv.raft.Bytes;

/** What only the leader can do. */
sealed interface Work {
    /** Whether doing it may leave a trace, so that its outcome matters. */
    default boolean changesSomething() {
        return this instanceof Write || this instanceof Change;
    }

    /** A command as it will lie in the log; it carries a request id, so that doing it twice does it once. */
    record Write(Bytes command) implements Work {}

    /** A linearizable question. */
    record Read(Query query) implements Work {}

    /**
     * A wish to change the coordinator's nodes, in the operator's words: only the leader knows what they mean.
     *
     * @param joins address or id, or empty
     * @param leaves address or id, or empty
     */
    record Change(RequestId id, String joins, String leaves) implements Work {}

    /** Who the coordinator's nodes are. */
    record Nodes() implements Work {}

    int WRITE = 0;
    int READ = 1;
    int CHANGE = 2;
    int NODES = 3;

    static void write(WireWriter out, Work work) {
        if (work instanceof Write write) {
            out.u8(WRITE).bytes(write.command);
        } else if (work instanceof Read read) {
            out.u8(READ).bytes(Query.encode(read.query));
        } else if (work instanceof Change change) {
            out.u8(CHANGE).i64(change.id.client()).i64(change.id.seq());
            out.text(change.joins).text(change.leaves);
        } else if (work instanceof Nodes) {
            out.u8(NODES);
        }
    }

    static Work read(WireReader in) {
        int kind = in.u8();
        return switch (kind) {
            case WRITE -> new Write(in.bytes());
            case READ -> new Read(Query.decode(in.bytes()));
            case CHANGE -> new Change(new RequestId(in.i64(), in.i64()), in.text(), in.text());
            case NODES -> new Nodes();
            default -> throw new WireException("no work is of kind " + kind);
        };
    }
}
