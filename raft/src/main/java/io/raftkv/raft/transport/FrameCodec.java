package io.raftkv.raft.transport;

import io.raftkv.raft.Bytes;
import io.raftkv.raft.ReplicaId;
import io.raftkv.raft.core.ConfigurationCodec;
import io.raftkv.raft.core.Entry;
import io.raftkv.raft.core.Message;
import io.raftkv.raft.core.Message.Envelope;
import io.raftkv.raft.core.Message.ForwardResponse.Outcome;
import io.raftkv.raft.core.SnapshotMeta;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * The binary form of a frame: all messages that one server has for another in one turn. Described in docs/format.md.
 *
 * <pre>
 * frame:    u8 version = 1 | u24 tag | u32 body length | u32 CRC32C of the body | body
 * body:     (envelope | run | sign of life)* | introduction
 * envelope: u8 kind | u64 group | u64 incarnation of the sender | u64 incarnation of the receiver | u64 term | fields
 * run:      many short messages of one kind, see {@link CompactRuns}
 * </pre>
 *
 * The servers are not in the frame: the link says who they are. Threads: any.
 */
public final class FrameCodec {
    /** What a frame has before its messages. */
    public static final int HEADER_BYTES = 12;

    private static final byte VERSION = 1;
    private static final int ENVELOPE_BYTES = 3 * Long.BYTES + 1 + Long.BYTES;
    private static final int ENTRY_BYTES = 2 * Long.BYTES + 2 * Integer.BYTES;
    private static final int MAX_CONFIGURATION_BYTES = 1 << 20;

    private static final byte REQUEST_VOTE = 1;
    private static final byte VOTE_RESPONSE = 2;
    private static final byte APPEND_ENTRIES = 3;
    private static final byte APPEND_RESPONSE = 4;
    private static final byte INSTALL_SNAPSHOT = 5;
    private static final byte SNAPSHOT_RESPONSE = 6;
    private static final byte TIMEOUT_NOW = 7;
    private static final byte REMOVED = 8;
    private static final byte REMOVED_RESPONSE = 9;
    private static final byte READ_INDEX = 10;
    private static final byte READ_INDEX_RESPONSE = 11;
    private static final byte FORWARD = 12;
    private static final byte FORWARD_RESPONSE = 13;

    /** Flags of an answer to entries. */
    private static final int SUCCESS = 1;

    private static final int UNAPPLIED = 2;

    private static final Outcome[] OUTCOMES = Outcome.values();
    private static final byte SIGN_OF_LIFE = 17;
    private static final byte RECOVERING_RESPONSE = 25;
    private static final byte RECOVERED = 26;
    private static final byte SLEEP = 18;
    private static final byte INTRODUCTION = 19;
    private static final int INTRODUCTION_BYTES = 2 + 5 * Long.BYTES;
    private static final Introduction.Kind[] INTRODUCTIONS = Introduction.Kind.values();
    private static final int TAG_MASK = 0xFFFFFF;

    private FrameCodec() {}

    /** A frame that is not what it should be: damaged on its way, or not from RaftKV. */
    public static final class BadFrameException extends Exception {
        private static final long serialVersionUID = 1L;

        BadFrameException(String message) {
            super(message);
        }
    }

    /** How many bytes {@code message} takes in a frame at most. */
    public static int bytes(Message message) {
        if (CompactRuns.kindOf(message) != 0) {
            return CompactRuns.MAX_BYTES;
        }
        Sizer sizer = new Sizer();
        message.dispatch(NOBODY, sizer);
        return ENVELOPE_BYTES + sizer.bytes;
    }

    /** All {@code envelopes}, which have one receiver, as one frame. */
    public static ByteBuffer encode(List<Envelope> envelopes) {
        int bytes = HEADER_BYTES;
        for (Envelope envelope : envelopes) {
            bytes += bytes(envelope.message());
        }
        ByteBuffer frame = ByteBuffer.allocate(bytes);
        frame.position(HEADER_BYTES);
        Writer writer = new Writer(frame);
        int next = 0;
        while (next < envelopes.size()) {
            int end = CompactRuns.endOfRun(envelopes, next);
            if (end > next) {
                CompactRuns.write(frame, envelopes.subList(next, end));
                next = end;
            } else {
                Envelope envelope = envelopes.get(next++);
                writer.envelope = envelope;
                envelope.message().dispatch(envelope.from(), writer);
            }
        }
        return sealed(frame);
    }

    /**
     * A frame that tells that a server lives, for all groups of it that are silent.
     *
     * @param life a number that differs from one life of the server to the next
     */
    public static ByteBuffer encodeSignOfLife(long life) {
        ByteBuffer frame = ByteBuffer.allocate(HEADER_BYTES + 1 + Long.BYTES);
        return sealed(frame.position(HEADER_BYTES).put(SIGN_OF_LIFE).putLong(life));
    }

    /** A frame that holds {@code introduction} alone. */
    public static ByteBuffer encode(Introduction introduction) {
        ByteBuffer frame =
                ByteBuffer.allocate(HEADER_BYTES + INTRODUCTION_BYTES).position(HEADER_BYTES);
        frame.put(INTRODUCTION)
                .put((byte) introduction.kind().ordinal())
                .putLong(introduction.folder())
                .putLong(introduction.life().number())
                .putLong(introduction.life().stretch())
                .putLong(introduction.before().number())
                .putLong(introduction.before().stretch());
        return sealed(frame);
    }

    /** The introduction that the frame holds, null if it holds something else. */
    public static @Nullable Introduction introduction(ByteBuffer frame) throws BadFrameException {
        if (frame.remaining() <= HEADER_BYTES || frame.get(frame.position() + HEADER_BYTES) != INTRODUCTION) {
            return null;
        }
        Introduction[] found = new Introduction[1];
        decode(1, 1, frame, new Contents() {
            @Override
            public void message(Envelope envelope) {}

            @Override
            public void introduction(Introduction introduction) {
                found[0] = introduction;
            }
        });
        return found[0];
    }

    /** Says in which life the frame was sent, see {@link Introduction.Life#tag}; in a field that older releases do not read. */
    public static void tag(ByteBuffer frame, int tag) {
        frame.putInt(frame.position(), VERSION << 24 | tag & TAG_MASK);
    }

    /** In which life the frame was sent; 0 if it does not say. */
    public static int tag(ByteBuffer frame) {
        return frame.remaining() < HEADER_BYTES ? 0 : frame.getInt(frame.position()) & TAG_MASK;
    }

    /** Writes the header before what lies between it and the position. */
    private static ByteBuffer sealed(ByteBuffer frame) {
        int length = frame.position() - HEADER_BYTES;
        CRC32C crc = new CRC32C();
        frame.flip();
        crc.update(frame.duplicate().position(HEADER_BYTES));
        return frame.putInt(0, VERSION << 24).putInt(4, length).putInt(8, (int) crc.getValue());
    }

    /** What a frame holds. */
    public interface Contents {
        /** A message. Its entries share the memory of the frame. */
        void message(Envelope envelope);

        /** The sender lives, see {@link #encodeSignOfLife}. */
        default void signOfLife(long life) {}

        /** The sender says who it is, see {@link #encode(Introduction)}. */
        default void introduction(Introduction introduction) {}
    }

    /** The messages of a frame that came from {@code fromServer} to {@code toServer}. Entries share its memory. */
    public static List<Envelope> decode(long fromServer, long toServer, ByteBuffer frame) throws BadFrameException {
        List<Envelope> envelopes = new ArrayList<>();
        decode(fromServer, toServer, frame, envelopes::add);
        return envelopes;
    }

    /**
     * Reads a frame that came from {@code fromServer} to {@code toServer}.
     *
     * @param contents told of what comes before the fault if the frame is malformed
     */
    public static void decode(long fromServer, long toServer, ByteBuffer frame, Contents contents)
            throws BadFrameException {
        ByteBuffer in = frame.hasArray() ? frame.slice() : copy(frame);
        if (in.remaining() < HEADER_BYTES || in.get(0) != VERSION || in.getInt(4) != in.remaining() - HEADER_BYTES) {
            throw new BadFrameException("not a frame of version " + VERSION + ": " + in.remaining() + " bytes");
        }
        CRC32C crc = new CRC32C();
        crc.update(in.array(), in.arrayOffset() + HEADER_BYTES, in.remaining() - HEADER_BYTES);
        if (in.getInt(8) != (int) crc.getValue()) {
            throw new BadFrameException("checksum of a frame of " + in.remaining() + " bytes does not match");
        }
        in.position(HEADER_BYTES);
        try {
            while (in.hasRemaining()) {
                byte kind = in.get();
                if (kind == SIGN_OF_LIFE) {
                    contents.signOfLife(in.getLong());
                } else if (kind == INTRODUCTION) {
                    contents.introduction(new Introduction(
                            INTRODUCTIONS[in.get()],
                            in.getLong(),
                            new Introduction.Life(in.getLong(), in.getLong()),
                            new Introduction.Life(in.getLong(), in.getLong())));
                } else if (CompactRuns.isRun(kind)) {
                    CompactRuns.read(kind, fromServer, toServer, in, contents);
                } else {
                    long group = in.getLong();
                    ReplicaId from = new ReplicaId(fromServer, in.getLong());
                    ReplicaId to = new ReplicaId(toServer, in.getLong());
                    contents.message(new Envelope(group, from, to, read(kind, in)));
                }
            }
        } catch (BufferUnderflowException | IndexOutOfBoundsException | IllegalArgumentException e) {
            throw new BadFrameException("malformed message at byte " + in.position() + ": " + e);
        }
    }

    private static ByteBuffer copy(ByteBuffer frame) {
        ByteBuffer copy = ByteBuffer.allocate(frame.remaining());
        copy.put(frame.slice()).flip();
        return copy;
    }

    private static Message read(byte kind, ByteBuffer in) throws BadFrameException {
        long term = in.getLong();
        return switch (kind) {
            case REQUEST_VOTE ->
                new Message.RequestVote(term, in.get() != 0, in.get() != 0, in.getLong(), in.getLong());
            case VOTE_RESPONSE -> new Message.VoteResponse(term, in.get() != 0, in.get() != 0);
            case APPEND_ENTRIES ->
                new Message.AppendEntries(
                        term, in.getLong(), in.getLong(), in.getLong(), in.getLong(), readEntries(in));
            case APPEND_RESPONSE -> readAppendResponse(term, in);
            case RECOVERING_RESPONSE -> new Message.RecoveringResponse(in.getLong(), readAppendResponse(term, in));
            case RECOVERED -> new Message.Recovered(term, in.getLong(), in.getLong());
            case INSTALL_SNAPSHOT ->
                new Message.InstallSnapshot(
                        term, readMeta(in), in.getLong(), in.getInt(), in.getLong(), readBytes(in, in.getInt()));
            case SNAPSHOT_RESPONSE -> new Message.SnapshotResponse(term, in.getLong(), in.getLong(), in.getLong());
            case SLEEP -> new Message.Sleep(term, in.getLong(), in.getLong());
            case TIMEOUT_NOW -> new Message.TimeoutNow(term);
            case REMOVED -> new Message.Removed(term, in.getLong());
            case REMOVED_RESPONSE -> new Message.RemovedResponse(term, in.getLong());
            case READ_INDEX -> new Message.ReadIndex(term, in.getLong(), in.getLong());
            case READ_INDEX_RESPONSE -> new Message.ReadIndexResponse(term, in.getLong(), in.getLong(), in.getLong());
            case FORWARD -> new Message.Forward(term, in.getLong(), in.getLong(), readBytes(in, in.getInt()));
            case FORWARD_RESPONSE ->
                new Message.ForwardResponse(
                        term, in.getLong(), in.getLong(), OUTCOMES[in.get()], in.getInt(), readBytes(in, in.getInt()));
            default -> throw new BadFrameException("unknown kind of message " + kind);
        };
    }

    private static Message.AppendResponse readAppendResponse(long term, ByteBuffer in) {
        int flags = in.get();
        if ((flags & ~(SUCCESS | UNAPPLIED)) != 0) {
            throw new IllegalArgumentException("flags " + flags + " of an answer");
        }
        return new Message.AppendResponse(
                term,
                (flags & SUCCESS) != 0,
                in.getLong(),
                in.getLong(),
                in.getLong(),
                in.getLong(),
                (flags & UNAPPLIED) != 0 ? in.getLong() : 0);
    }

    private static List<Entry> readEntries(ByteBuffer in) {
        int count = in.getInt();
        if (count < 0 || count > in.remaining() / ENTRY_BYTES) {
            throw new IllegalArgumentException(count + " entries in " + in.remaining() + " bytes");
        }
        List<Entry> entries = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            long index = in.getLong();
            long term = in.getLong();
            int crc = in.getInt();
            entries.add(new Entry(index, term, readBytes(in, in.getInt()), crc));
        }
        return entries;
    }

    private static Bytes readBytes(ByteBuffer in, int length) {
        if (length < 0 || length > in.remaining()) {
            throw new IllegalArgumentException("length " + length + " of " + in.remaining() + " bytes");
        }
        Bytes bytes = Bytes.wrap(in.array(), in.arrayOffset() + in.position(), length);
        in.position(in.position() + length);
        return bytes;
    }

    private static SnapshotMeta readMeta(ByteBuffer in) {
        long index = in.getLong();
        long term = in.getLong();
        long configurationIndex = in.getLong();
        long timeMs = in.getLong();
        int length = in.getInt();
        if (length > MAX_CONFIGURATION_BYTES) {
            throw new IllegalArgumentException("configuration of " + length + " bytes");
        }
        Bytes configuration = readBytes(in, length);
        return new SnapshotMeta(
                index, term, ConfigurationCodec.decode(configuration.asByteBuffer()), configurationIndex, timeMs);
    }

    private static final ReplicaId NOBODY = new ReplicaId(1, 1);
    private static final Envelope NO_ENVELOPE = new Envelope(0, NOBODY, NOBODY, new Message.TimeoutNow(0));

    private static final class Sizer implements Message.Handler {
        int bytes;

        @Override
        public void onRequestVote(ReplicaId from, Message.RequestVote message) {
            bytes = 2 + 2 * Long.BYTES;
        }

        @Override
        public void onVoteResponse(ReplicaId from, Message.VoteResponse message) {
            bytes = 2;
        }

        @Override
        public void onAppendEntries(ReplicaId from, Message.AppendEntries message) {
            bytes = 4 * Long.BYTES + Integer.BYTES;
            for (Entry entry : message.entries()) {
                bytes += ENTRY_BYTES + entry.bytes();
            }
        }

        @Override
        public void onAppendResponse(ReplicaId from, Message.AppendResponse message) {
            bytes = 1 + 4 * Long.BYTES + (message.unappliedBytes() > 0 ? Long.BYTES : 0);
        }

        @Override
        public void onInstallSnapshot(ReplicaId from, Message.InstallSnapshot message) {
            int configuration =
                    ConfigurationCodec.encode(message.meta().configuration()).length();
            bytes = 4 * Long.BYTES
                    + Integer.BYTES
                    + configuration
                    + 2 * Long.BYTES
                    + 2 * Integer.BYTES
                    + message.chunk().length();
        }

        @Override
        public void onSnapshotResponse(ReplicaId from, Message.SnapshotResponse message) {
            bytes = 3 * Long.BYTES;
        }

        @Override
        public void onSleep(ReplicaId from, Message.Sleep message) {
            bytes = 2 * Long.BYTES;
        }

        @Override
        public void onTimeoutNow(ReplicaId from, Message.TimeoutNow message) {
            bytes = 0;
        }

        @Override
        public void onRemoved(ReplicaId from, Message.Removed message) {
            bytes = Long.BYTES;
        }

        @Override
        public void onRemovedResponse(ReplicaId from, Message.RemovedResponse message) {
            bytes = Long.BYTES;
        }

        @Override
        public void onReadIndex(ReplicaId from, Message.ReadIndex message) {
            bytes = 2 * Long.BYTES;
        }

        @Override
        public void onReadIndexResponse(ReplicaId from, Message.ReadIndexResponse message) {
            bytes = 3 * Long.BYTES;
        }

        @Override
        public void onForward(ReplicaId from, Message.Forward message) {
            bytes = 2 * Long.BYTES + Integer.BYTES + message.command().length();
        }

        @Override
        public void onForwardResponse(ReplicaId from, Message.ForwardResponse message) {
            bytes = 2 * Long.BYTES + 1 + 2 * Integer.BYTES + message.result().length();
        }

        @Override
        public void onRecoveringResponse(ReplicaId from, Message.RecoveringResponse message) {
            onAppendResponse(from, message.answer());
            bytes += Long.BYTES;
        }

        @Override
        public void onRecovered(ReplicaId from, Message.Recovered message) {
            bytes = 2 * Long.BYTES;
        }
    }

    private static final class Writer implements Message.Handler {
        private final ByteBuffer out;
        private Envelope envelope = NO_ENVELOPE;

        Writer(ByteBuffer out) {
            this.out = out;
        }

        private ByteBuffer begin(byte kind, Message message) {
            return out.put(kind)
                    .putLong(envelope.groupId())
                    .putLong(envelope.from().incarnation())
                    .putLong(envelope.to().incarnation())
                    .putLong(message.term());
        }

        private static byte flag(boolean value) {
            return (byte) (value ? 1 : 0);
        }

        @Override
        public void onRequestVote(ReplicaId from, Message.RequestVote m) {
            begin(REQUEST_VOTE, m)
                    .put(flag(m.preVote()))
                    .put(flag(m.transfer()))
                    .putLong(m.lastLogIndex())
                    .putLong(m.lastLogTerm());
        }

        @Override
        public void onVoteResponse(ReplicaId from, Message.VoteResponse m) {
            begin(VOTE_RESPONSE, m).put(flag(m.preVote())).put(flag(m.granted()));
        }

        @Override
        public void onAppendEntries(ReplicaId from, Message.AppendEntries m) {
            begin(APPEND_ENTRIES, m)
                    .putLong(m.prevLogIndex())
                    .putLong(m.prevLogTerm())
                    .putLong(m.leaderCommit())
                    .putLong(m.round())
                    .putInt(m.entries().size());
            for (Entry entry : m.entries()) {
                out.putLong(entry.index())
                        .putLong(entry.term())
                        .putInt(entry.crc())
                        .putInt(entry.bytes());
                entry.body().putTo(out);
            }
        }

        @Override
        public void onAppendResponse(ReplicaId from, Message.AppendResponse m) {
            begin(APPEND_RESPONSE, m);
            put(m);
        }

        private void put(Message.AppendResponse m) {
            out.put((byte) ((m.success() ? SUCCESS : 0) | (m.unappliedBytes() > 0 ? UNAPPLIED : 0)))
                    .putLong(m.index())
                    .putLong(m.hintIndex())
                    .putLong(m.hintTerm())
                    .putLong(m.round());
            if (m.unappliedBytes() > 0) {
                out.putLong(m.unappliedBytes());
            }
        }

        @Override
        public void onRecoveringResponse(ReplicaId from, Message.RecoveringResponse m) {
            begin(RECOVERING_RESPONSE, m).putLong(m.nonce());
            put(m.answer());
        }

        @Override
        public void onRecovered(ReplicaId from, Message.Recovered m) {
            begin(RECOVERED, m).putLong(m.nonce()).putLong(m.index());
        }

        @Override
        public void onInstallSnapshot(ReplicaId from, Message.InstallSnapshot m) {
            Bytes configuration = ConfigurationCodec.encode(m.meta().configuration());
            begin(INSTALL_SNAPSHOT, m)
                    .putLong(m.meta().index())
                    .putLong(m.meta().term())
                    .putLong(m.meta().configurationIndex())
                    .putLong(m.meta().timeMs())
                    .putInt(configuration.length());
            configuration.putTo(out);
            out.putLong(m.totalBytes())
                    .putInt(m.checksum())
                    .putLong(m.offset())
                    .putInt(m.chunk().length());
            m.chunk().putTo(out);
        }

        @Override
        public void onSnapshotResponse(ReplicaId from, Message.SnapshotResponse m) {
            begin(SNAPSHOT_RESPONSE, m)
                    .putLong(m.snapshotIndex())
                    .putLong(m.receivedBytes())
                    .putLong(m.windowBytes());
        }

        @Override
        public void onSleep(ReplicaId from, Message.Sleep m) {
            begin(SLEEP, m).putLong(m.lastLogIndex()).putLong(m.lastLogTerm());
        }

        @Override
        public void onTimeoutNow(ReplicaId from, Message.TimeoutNow m) {
            begin(TIMEOUT_NOW, m);
        }

        @Override
        public void onRemoved(ReplicaId from, Message.Removed m) {
            begin(REMOVED, m).putLong(m.configurationIndex());
        }

        @Override
        public void onRemovedResponse(ReplicaId from, Message.RemovedResponse m) {
            begin(REMOVED_RESPONSE, m).putLong(m.configurationIndex());
        }

        @Override
        public void onReadIndex(ReplicaId from, Message.ReadIndex m) {
            begin(READ_INDEX, m).putLong(m.life()).putLong(m.id());
        }

        @Override
        public void onReadIndexResponse(ReplicaId from, Message.ReadIndexResponse m) {
            begin(READ_INDEX_RESPONSE, m).putLong(m.life()).putLong(m.id()).putLong(m.index());
        }

        @Override
        public void onForward(ReplicaId from, Message.Forward m) {
            begin(FORWARD, m)
                    .putLong(m.life())
                    .putLong(m.id())
                    .putInt(m.command().length());
            m.command().putTo(out);
        }

        @Override
        public void onForwardResponse(ReplicaId from, Message.ForwardResponse m) {
            begin(FORWARD_RESPONSE, m)
                    .putLong(m.life())
                    .putLong(m.id())
                    .put((byte) m.outcome().ordinal())
                    .putInt(m.retryAfterMs())
                    .putInt(m.result().length());
            m.result().putTo(out);
        }
    }
}
