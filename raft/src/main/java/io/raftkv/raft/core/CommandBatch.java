package io.raftkv.raft.core;

import io.raftkv.raft.Bytes;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * The payload of a {@link Entry.Type#COMMANDS} entry: all commands that were proposed in one turn.
 *
 * <pre>u32 count | count × (u32 length | bytes)</pre>
 */
public final class CommandBatch {
    private CommandBatch() {}

    /** What {@code commands} take as a payload. */
    public static int encodedBytes(int commands, int commandBytes) {
        return Integer.BYTES + commands * Integer.BYTES + commandBytes;
    }

    /** The body of an entry that carries {@code commands}, built without a copy between payload and body. */
    public static Bytes encodeBody(long timeMs, List<Bytes> commands) {
        int bytes = 0;
        for (Bytes command : commands) {
            bytes += command.length();
        }
        ByteBuffer body = ByteBuffer.allocate(Entry.HEADER_BYTES + encodedBytes(commands.size(), bytes));
        Entry.putHeader(body, Entry.Type.COMMANDS, timeMs);
        body.putInt(commands.size());
        for (Bytes command : commands) {
            body.putInt(command.length());
            command.putTo(body);
        }
        return Bytes.wrap(body.array());
    }

    /** Calls {@code visitor} for each command in order. */
    public static void forEach(Bytes payload, Visitor visitor) {
        ByteBuffer in = payload.asByteBuffer();
        int count = in.getInt();
        int at = Integer.BYTES;
        for (int i = 0; i < count; i++) {
            int length = in.getInt(at);
            at += Integer.BYTES;
            visitor.visit(i, payload.slice(at, at + length));
            at += length;
        }
        if (at != payload.length()) {
            throw new IllegalStateException("a batch of " + count + " commands ends at byte " + at + " of "
                    + payload.length() + "; the log is damaged or written by another version");
        }
    }

    /** Takes the commands of a batch. */
    public interface Visitor {
        void visit(int position, Bytes command);
    }
}
