package io.raftkv.raft.log;

import io.raftkv.raft.Configuration;
import io.raftkv.raft.ReplicaId;
import io.raftkv.raft.core.ConfigurationCodec;
import io.raftkv.raft.core.GroupWrite.LogPosition;
import io.raftkv.raft.core.HardState;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * A valid record in a buffer, until the buffer is used for something else.
 *
 * @param offset where in the file it begins
 */
record RecordView(String path, long offset, ByteBuffer bytes) {
    /** Takes the items of a record in their order. */
    interface Visitor {
        void hardState(long groupId, HardState state) throws LogException;

        void entries(EntryRun run) throws LogException;

        void start(long groupId, LogPosition start, boolean replacesLog) throws LogException;

        void replica(long groupId, long incarnation) throws LogException;

        void genesis(long groupId, Configuration genesis) throws LogException;

        void drop(long groupId) throws LogException;

        void tombstone(long groupId, long incarnation) throws LogException;

        void group(long groupId, HardState state, LogPosition start, long lastIndex, long incarnation)
                throws LogException;
    }

    /** The record at {@code at} of {@code buffer}, which is at {@code offset} of the file, or null if none is valid there. */
    static @Nullable RecordView at(String path, long seq, long offset, ByteBuffer buffer, int at) {
        int available = buffer.limit() - at;
        int length = available < RecordFormat.HEADER_BYTES ? 0 : buffer.getInt(at);
        if (length < RecordFormat.HEADER_BYTES || length > available || length % RecordFormat.ALIGNMENT != 0) {
            return null;
        }
        CRC32C crc = new CRC32C();
        RecordFormat.beginCrc(crc, RecordFormat.newSeed(), seq, offset, buffer, at);
        RecordFormat.update(crc, buffer, at + RecordFormat.HEADER_BYTES, at + length);
        boolean valid = (int) crc.getValue() == buffer.getInt(at + RecordFormat.CRC_AT);
        return valid ? new RecordView(path, offset, buffer.slice(at, length)) : null;
    }

    int length() {
        return bytes.limit();
    }

    long end() {
        return offset + length();
    }

    int crc() {
        return bytes.getInt(RecordFormat.CRC_AT);
    }

    long lsn() {
        return bytes.getLong(RecordFormat.LSN_AT);
    }

    long durableLsn() {
        return bytes.getLong(RecordFormat.DURABLE_LSN_AT);
    }

    short type() {
        return bytes.getShort(RecordFormat.TYPE_AT);
    }

    void visit(Visitor visitor) throws LogException {
        ByteBuffer in = bytes.duplicate().position(RecordFormat.HEADER_BYTES);
        try {
            for (int left = bytes.getInt(RecordFormat.ITEMS_AT); left > 0; left--) {
                visitItem(in, visitor);
            }
        } catch (BufferUnderflowException | IllegalArgumentException e) {
            // The checksum holds, so that this is no damage on the disk.
            throw new LogException(
                    path, offset, "the record cannot be understood: " + e, "start the release that wrote the log", e);
        }
    }

    private void visitItem(ByteBuffer in, Visitor visitor) throws LogException {
        byte kind = in.get();
        long groupId = in.getLong();
        switch (kind) {
            case RecordFormat.HARD_STATE -> visitor.hardState(groupId, hardState(in));
            case RecordFormat.ENTRIES -> visitor.entries(EntryRun.decode(groupId, false, in));
            case RecordFormat.MOVED_ENTRIES -> visitor.entries(EntryRun.decode(groupId, true, in));
            case RecordFormat.START -> visitor.start(groupId, position(in), false);
            case RecordFormat.REPLACE -> visitor.start(groupId, position(in), true);
            case RecordFormat.DROP -> visitor.drop(groupId);
            case RecordFormat.REPLICA -> visitor.replica(groupId, in.getLong());
            case RecordFormat.GENESIS -> visitor.genesis(groupId, configuration(in));
            case RecordFormat.TOMBSTONE -> visitor.tombstone(groupId, in.getLong());
            case RecordFormat.GROUP -> visitor.group(groupId, hardState(in), position(in), in.getLong(), in.getLong());
            default -> throw new IllegalArgumentException("item of kind " + kind);
        }
    }

    private static Configuration configuration(ByteBuffer in) {
        int length = in.getInt();
        if (length < 0 || length > in.remaining()) {
            throw new IllegalArgumentException("a configuration of " + length + " bytes");
        }
        Configuration configuration = ConfigurationCodec.decode(in.slice(in.position(), length));
        in.position(in.position() + length);
        return configuration;
    }

    private static HardState hardState(ByteBuffer in) {
        long term = in.getLong();
        long server = in.getLong();
        long incarnation = in.getLong();
        return new HardState(term, server == 0 ? null : new ReplicaId(server, incarnation));
    }

    private static LogPosition position(ByteBuffer in) {
        return new LogPosition(in.getLong(), in.getLong());
    }
}
