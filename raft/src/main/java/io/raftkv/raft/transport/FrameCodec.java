package io.raftkv.raft.transport;

import io.raftkv.raft.core.Message;
import io.raftkv.raft.core.Message.Envelope;
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
 * envelope: u8 kind | u64 group | u64 incarnation of the sender | u64 incarnation of the receiver | u64 term | fields of the
 *           message, see {@link MessageCodec}
 * run:      many short messages of one kind, see {@link CompactRuns}
 * </pre>
 *
 * The servers are not in the frame: the link says who they are. Threads: any.
 */
public final class FrameCodec {
    /** What a frame has before its messages. */
    public static final int HEADER_BYTES = 12;

    private static final byte VERSION = 1;
    private static final byte SIGN_OF_LIFE = 17;
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
        return CompactRuns.kindOf(message) != 0 ? CompactRuns.MAX_BYTES : MessageCodec.bytes(message);
    }

    /** All {@code envelopes}, which have one receiver, as one frame. */
    public static ByteBuffer encode(List<Envelope> envelopes) {
        int bytes = HEADER_BYTES;
        for (Envelope envelope : envelopes) {
            bytes += bytes(envelope.message());
        }
        ByteBuffer frame = ByteBuffer.allocate(bytes);
        frame.position(HEADER_BYTES);
        MessageCodec.Writer writer = new MessageCodec.Writer(frame);
        int next = 0;
        while (next < envelopes.size()) {
            int end = CompactRuns.endOfRun(envelopes, next);
            if (end > next) {
                CompactRuns.write(frame, envelopes.subList(next, end));
                next = end;
            } else {
                writer.write(envelopes.get(next++));
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
                    contents.message(MessageCodec.read(kind, fromServer, toServer, in));
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
}
