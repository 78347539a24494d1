package io.raftkv.raft.transport;

import io.raftkv.raft.Bytes;
import io.raftkv.raft.ReplicaId;
import io.raftkv.raft.core.ConfigurationCodec;
import io.raftkv.raft.core.Entry;
import io.raftkv.raft.core.Message;
import io.raftkv.raft.core.Message.Envelope;
import io.raftkv.raft.core.Message.ForwardResponse.Outcome;
import io.raftkv.raft.core.SnapshotMeta;
import io.raftkv.raft.transport.FrameCodec.BadFrameException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * The binary form of one message in a frame, in full; see {@link FrameCodec}, and {@link CompactRuns} for the short form.
 *
 * <p>Threads: any.
 */
final class MessageCodec {
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
    private static final byte SLEEP = 18;
    private static final byte RECOVERING_RESPONSE = 25;
    private static final byte RECOVERED = 26;

    /** Flags of an answer to entries. */
    private static final int SUCCESS = 1;

    private static final int UNAPPLIED = 2;

    private static final Outcome[] OUTCOMES = Outcome.values();
    private static final ReplicaId NOBODY = new ReplicaId(1, 1);
    private static final Envelope NO_ENVELOPE = new Envelope(0, NOBODY, NOBODY, new Message.TimeoutNow(0));

    private MessageCodec() {}

    /** How many bytes {@code message} takes with its envelope. */
    static int bytes(Message message) {
        Sizer sizer = new Sizer();
        message.dispatch(NOBODY, sizer);
        return ENVELOPE_BYTES + sizer.bytes;
    }

    /** Reads what follows the kind of a message. Entries and chunks share the memory of {@code in}, which has an array. */
    static Envelope read(byte kind, long fromServer, long toServer, ByteBuffer in) throws BadFrameException {
        long group = in.getLong();
        ReplicaId from = new ReplicaId(fromServer, in.getLong());
        ReplicaId to = new ReplicaId(toServer, in.getLong());
        return new Envelope(group, from, to, read(kind, in));
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

    /** Writes messages with their envelopes, one after the other. Threads: one at a time. */
    static final class Writer implements Message.Handler {
        private final ByteBuffer out;
        private Envelope envelope = NO_ENVELOPE;

        Writer(ByteBuffer out) {
            this.out = out;
        }

        void write(Envelope next) {
            envelope = next;
            next.message().dispatch(next.from(), this);
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
