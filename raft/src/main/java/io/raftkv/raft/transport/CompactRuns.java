package io.raftkv.raft.transport;

import io.raftkv.raft.ReplicaId;
import io.raftkv.raft.core.Message;
import io.raftkv.raft.core.Message.AppendEntries;
import io.raftkv.raft.core.Message.AppendResponse;
import io.raftkv.raft.core.Message.Envelope;
import io.raftkv.raft.transport.FrameCodec.Contents;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * The short form of what many groups say at once: heartbeats, and acknowledgements. Neighbours in a run differ little, so
 * a number is written as its difference to the one before, some 8 bytes a message instead of 70.
 *
 * <pre>
 * run:       u8 kind | count | count × message; every number with 7 bits a byte, lowest first; differences zigzag
 * message:   group | incarnation of the sender | incarnation of the receiver | term | ...    differences to the one before
 * heartbeat: ... previous index, to the one before | previous term, to term | commit, to previous index | round, likewise
 * ack:       ... index, to the one before | round, likewise
 * </pre>
 *
 * Threads: any.
 */
final class CompactRuns {
    /** The most that one message takes, with the head of a run. */
    static final int MAX_BYTES = 1 + 5 + 8 * 10;

    private static final byte HEARTBEATS = 15;
    private static final byte ACKNOWLEDGEMENTS = 16;

    private CompactRuns() {}

    static boolean isRun(byte kind) {
        return kind == HEARTBEATS || kind == ACKNOWLEDGEMENTS;
    }

    /** The kind of run that {@code message} may be part of, 0 if it must travel in full. */
    static byte kindOf(Message message) {
        if (message instanceof AppendEntries append) {
            return append.entries().isEmpty() ? HEARTBEATS : 0;
        }
        return message instanceof AppendResponse response
                        && response.success()
                        && response.hintIndex() == 0
                        && response.hintTerm() == 0
                        && response.unappliedBytes() == 0
                ? ACKNOWLEDGEMENTS
                : 0;
    }

    /** Where the run that begins at {@code begin} ends; there if none does. */
    static int endOfRun(List<Envelope> envelopes, int begin) {
        byte kind = kindOf(envelopes.get(begin).message());
        int end = begin;
        while (kind != 0 && end < envelopes.size() && kindOf(envelopes.get(end).message()) == kind) {
            end++;
        }
        return end;
    }

    static void write(ByteBuffer out, List<Envelope> run) {
        out.put(kindOf(run.get(0).message()));
        putVar(out, run.size());
        Differences written = new Differences();
        for (Envelope envelope : run) {
            Message message = envelope.message();
            putSigned(out, written.group(envelope.groupId()));
            putSigned(out, written.sender(envelope.from().incarnation()));
            putSigned(out, written.receiver(envelope.to().incarnation()));
            putSigned(out, written.term(message.term()));
            if (message instanceof AppendEntries beat) {
                putSigned(out, written.index(beat.prevLogIndex()));
                putSigned(out, beat.prevLogTerm() - beat.term());
                putSigned(out, beat.leaderCommit() - beat.prevLogIndex());
                putSigned(out, written.round(beat.round()));
            } else if (message instanceof AppendResponse ack) {
                putSigned(out, written.index(ack.index()));
                putSigned(out, written.round(ack.round()));
            }
        }
    }

    /** @throws IllegalArgumentException if it is malformed */
    static void read(byte kind, long fromServer, long toServer, ByteBuffer in, Contents contents) {
        long count = var(in);
        Sums read = new Sums();
        ReplicaId from = new ReplicaId(fromServer, 1);
        ReplicaId to = new ReplicaId(toServer, 1);
        for (long i = 0; i < count; i++) {
            long group = read.group += signed(in);
            read.sender += signed(in);
            read.receiver += signed(in);
            // Nearly always those of the message before.
            from = from.incarnation() == read.sender ? from : new ReplicaId(fromServer, read.sender);
            to = to.incarnation() == read.receiver ? to : new ReplicaId(toServer, read.receiver);
            read.term += signed(in);
            read.index += signed(in);
            Message message;
            if (kind == HEARTBEATS) {
                long prevTerm = read.term + signed(in);
                long commit = read.index + signed(in);
                read.round += signed(in);
                message = new AppendEntries(read.term, read.index, prevTerm, commit, read.round, List.of());
            } else {
                read.round += signed(in);
                message = new AppendResponse(read.term, true, read.index, 0, 0, read.round);
            }
            contents.message(new Envelope(group, from, to, message));
        }
    }

    private static void putSigned(ByteBuffer out, long value) {
        putVar(out, (value << 1) ^ (value >> 63));
    }

    private static void putVar(ByteBuffer out, long value) {
        long rest = value;
        while ((rest & ~0x7FL) != 0) {
            out.put((byte) (rest | 0x80));
            rest >>>= 7;
        }
        out.put((byte) rest);
    }

    private static long signed(ByteBuffer in) {
        long value = var(in);
        return (value >>> 1) ^ -(value & 1);
    }

    private static long var(ByteBuffer in) {
        long value = 0;
        for (int shift = 0; shift < 64; shift += 7) {
            byte next = in.get();
            value |= (next & 0x7FL) << shift;
            if (next >= 0) {
                return value;
            }
        }
        throw new IllegalArgumentException("a number of more than 64 bits");
    }

    /** What the last message that was read said. */
    private static final class Sums {
        private long group;
        private long sender;
        private long receiver;
        private long term;
        private long index;
        private long round;
    }

    /** What the last message that was written said, to tell how the next one differs. */
    private static final class Differences {
        private long group;
        private long sender;
        private long receiver;
        private long term;
        private long index;
        private long round;

        long group(long value) {
            long difference = value - group;
            group = value;
            return difference;
        }

        long sender(long value) {
            long difference = value - sender;
            sender = value;
            return difference;
        }

        long receiver(long value) {
            long difference = value - receiver;
            receiver = value;
            return difference;
        }

        long term(long value) {
            long difference = value - term;
            term = value;
            return difference;
        }

        long index(long value) {
            long difference = value - index;
            index = value;
            return difference;
        }

        long round(long value) {
            long difference = value - round;
            round = value;
            return difference;
        }
    }
}
