package io.raftkv.raft.session;

import io.raftkv.raft.Bytes;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;

/**
 * The sessions of a group at one moment, and their form in a snapshot. The state of the wrapped machine follows it; checksums
 * are those of the snapshot file.
 *
 * <pre>
 * u32 "RKSS" | u16 version = 1 | u16 0 | u64 last id | u32 most sessions | u32 most results | u32 most result bytes
 * | u64 most bytes of all | u32 count | count × session, the one used longest ago first
 * session: u64 id | u64 last used, ms of log time | u64 acknowledged below | u8 length | label | u32 count | count × result
 * result:  u64 sequence, ascending | i32 length, -1 for null | bytes
 * </pre>
 *
 * Threads: one at a time.
 */
final class SessionSnapshot {
    private static final int MAGIC = 0x524b5353;
    private static final int VERSION = 1;
    private static final int NULL_LENGTH = -1;
    /** No entry of a log is larger, so no result is unless the bytes are of something else. */
    private static final int MAX_RESULT_BYTES = 1 << 30;

    private final SessionLimits limits;
    private final long lastId;
    private final SessionRecord[] sessions;

    /** Freezes {@code table}, to be thawed by the caller. */
    SessionSnapshot(SessionTable table) {
        this.limits = table.limits();
        this.lastId = table.lastId();
        this.sessions = table.freeze();
    }

    void writeTo(OutputStream target) throws IOException {
        DataOutputStream out = new DataOutputStream(target);
        out.writeInt(MAGIC);
        out.writeShort(VERSION);
        out.writeShort(0);
        out.writeLong(lastId);
        out.writeInt(limits.maxSessions());
        out.writeInt(limits.maxResults());
        out.writeInt(limits.maxResultBytes());
        out.writeLong(limits.maxTotalBytes());
        out.writeInt(sessions.length);
        for (SessionRecord session : sessions) {
            write(session, out);
        }
        out.flush();
    }

    private static void write(SessionRecord session, DataOutputStream out) throws IOException {
        out.writeLong(session.id);
        out.writeLong(session.lastTimeMs);
        out.writeLong(session.ackedBelow);
        out.writeByte(session.label.length());
        out.write(session.label.toArray());
        out.writeInt(session.results());
        int left = session.results();
        for (long sequence = session.ackedBelow; left > 0; sequence++) {
            Bytes result = session.result(sequence);
            if (result != null) {
                left--;
                out.writeLong(sequence);
                write(result, out);
            }
        }
    }

    @SuppressWarnings("ReferenceEquality")
    private static void write(Bytes result, DataOutputStream out) throws IOException {
        if (result == SessionRecord.NULL_RESULT) {
            out.writeInt(NULL_LENGTH);
        } else {
            out.writeInt(result.length());
            out.write(result.toArray());
        }
    }

    /** Reads sessions and leaves {@code source} behind them. */
    static SessionTable read(InputStream source) throws IOException {
        DataInputStream in = new DataInputStream(source);
        int magic = in.readInt();
        int version = in.readUnsignedShort();
        int zero = in.readUnsignedShort();
        if (magic != MAGIC || version != VERSION || zero != 0) {
            throw new IOException("the snapshot holds no sessions of version " + VERSION + ": it begins with "
                    + Integer.toHexString(magic) + ", version " + version
                    + "; a group keeps to a state machine with sessions, or without them");
        }
        long lastId = in.readLong();
        SessionTable table = new SessionTable(limits(in), lastId);
        int count = in.readInt();
        for (int i = 0; i < count; i++) {
            SessionRecord record = record(in);
            if (record.id < 1 || record.id > lastId) {
                throw new IOException("a snapshot holds session " + record.id + ", the last one being " + lastId);
            }
            table.add(record);
        }
        return table;
    }

    private static SessionLimits limits(DataInputStream in) throws IOException {
        try {
            return new SessionLimits(in.readInt(), in.readInt(), in.readInt(), in.readLong());
        } catch (IllegalArgumentException e) {
            throw new IOException("a snapshot holds " + e.getMessage(), e);
        }
    }

    private static SessionRecord record(DataInputStream in) throws IOException {
        long id = in.readLong();
        long lastTimeMs = in.readLong();
        long ackedBelow = in.readLong();
        Bytes label = Bytes.wrap(in.readNBytes(in.readUnsignedByte()));
        SessionRecord record = new SessionRecord(id, label, lastTimeMs, 0);
        record.acknowledge(ackedBelow);
        int results = in.readInt();
        for (int i = 0; i < results; i++) {
            long sequence = in.readLong();
            if (sequence < ackedBelow || sequence - ackedBelow >= SessionLimits.MOST_RESULTS) {
                throw new IOException("session " + id + " of a snapshot, acknowledged below " + ackedBelow
                        + ", holds the result of " + sequence);
            }
            record.store(sequence, result(in));
        }
        return record;
    }

    private static Bytes result(DataInputStream in) throws IOException {
        int length = in.readInt();
        if (length == NULL_LENGTH) {
            return SessionRecord.NULL_RESULT;
        }
        if (length < 0 || length > MAX_RESULT_BYTES) {
            throw new IOException("a snapshot holds a result of " + length + " bytes");
        }
        byte[] bytes = new byte[length];
        in.readFully(bytes);
        return Bytes.wrap(bytes);
    }
}
