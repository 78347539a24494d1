package io.raftkv.raft.transport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.raftkv.raft.Bytes;
import io.raftkv.raft.Configuration;
import io.raftkv.raft.ReplicaId;
import io.raftkv.raft.core.Entry;
import io.raftkv.raft.core.Message;
import io.raftkv.raft.core.Message.Envelope;
import io.raftkv.raft.core.Message.ForwardResponse.Outcome;
import io.raftkv.raft.core.SnapshotMeta;
import io.raftkv.raft.transport.FrameCodec.BadFrameException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class FrameCodecTest {
    private static final ReplicaId A = new ReplicaId(0xAAAA_0000_0000_0001L, 1);
    private static final ReplicaId B = new ReplicaId(2, 7);

    private static List<Message> oneOfEachKind() {
        Entry entry = Entry.of(8, 3, Entry.encodeBody(Entry.Type.COMMANDS, 99, Bytes.utf8("payload")));
        SnapshotMeta meta = new SnapshotMeta(8, 3, Configuration.of(List.of(A, B)), 1, 99);
        return List.of(
                new Message.RequestVote(4, true, false, 8, 3),
                new Message.VoteResponse(4, false, true),
                new Message.AppendEntries(4, 7, 3, 6, 12, List.of(entry)),
                new Message.AppendEntries(4, 7, 3, 6, 12, List.of()),
                new Message.AppendResponse(4, true, 8, 0, 0, 12),
                new Message.AppendResponse(4, false, 8, 5, 2, 12),
                new Message.AppendResponse(4, true, 8, 0, 0, 12, 1L << 40),
                new Message.AppendResponse(4, false, 8, 5, 2, 12, 1),
                new Message.InstallSnapshot(4, meta, 1000, -7, 12, Bytes.utf8("chunk")),
                new Message.SnapshotResponse(4, 8, -1, 1 << 20),
                new Message.Sleep(4, 8, 3),
                new Message.TimeoutNow(4),
                new Message.Removed(4, 8),
                new Message.RemovedResponse(4, 8),
                new Message.ReadIndex(4, -5, 8),
                new Message.ReadIndexResponse(4, -5, 8, 12),
                new Message.Forward(4, -5, 8, Bytes.utf8("command")),
                new Message.ForwardResponse(4, -5, 8, Outcome.BUSY, 50, Bytes.EMPTY),
                new Message.ForwardResponse(4, -5, 8, Outcome.APPLIED, 0, Bytes.utf8("result")),
                new Message.RecoveringResponse(77, new Message.AppendResponse(4, true, 8, 5, 2, 12)),
                new Message.RecoveringResponse(77, new Message.AppendResponse(4, true, 8, 5, 2, 12, 99)),
                new Message.Recovered(4, 77, 8));
    }

    private static byte[] bytes(ByteBuffer frame) {
        byte[] bytes = new byte[frame.remaining()];
        frame.get(bytes);
        return bytes;
    }

    private static List<Envelope> envelopes() {
        List<Envelope> envelopes = new ArrayList<>();
        for (Message message : oneOfEachKind()) {
            envelopes.add(new Envelope(envelopes.size(), A, B, message));
        }
        return envelopes;
    }

    @Test
    void everyKindOfMessageComesBackEqual() throws BadFrameException {
        List<Class<?>> kinds = new ArrayList<>();
        oneOfEachKind().forEach(message -> kinds.add(message.getClass()));
        assertThat(kinds).contains(Message.class.getPermittedSubclasses());

        ByteBuffer frame = FrameCodec.encode(envelopes());

        assertThat(FrameCodec.decode(A.server(), B.server(), frame)).isEqualTo(envelopes());
    }

    @Test
    void takesNoMoreThanIsAnnounced() {
        int bytes = FrameCodec.HEADER_BYTES;
        for (Message message : oneOfEachKind()) {
            bytes += FrameCodec.bytes(message);
        }
        assertThat(FrameCodec.encode(envelopes()).remaining()).isLessThanOrEqualTo(bytes);
    }

    @Test
    void manyHeartbeatsAndAcknowledgementsAreShort() throws BadFrameException {
        List<Envelope> envelopes = new ArrayList<>();
        for (int group = 1; group <= 2000; group++) {
            Message message = group <= 1000
                    ? new Message.AppendEntries(4, 1000 + group % 7, 4, 1000 + group % 7, group % 3, List.of())
                    : new Message.AppendResponse(4, true, 1000 + group % 7, 0, 0, group % 3);
            envelopes.add(new Envelope(group, A, B, message));
        }
        ByteBuffer frame = FrameCodec.encode(envelopes);
        assertThat(frame.remaining()).isLessThan(2000 * 9);
        assertThat(FrameCodec.decode(A.server(), B.server(), frame)).isEqualTo(envelopes);
    }

    @Test
    void extremeNumbersComeBackEqual() throws BadFrameException {
        List<Envelope> envelopes = new ArrayList<>();
        for (long value : new long[] {1, Long.MAX_VALUE, 2, Long.MAX_VALUE - 1}) {
            ReplicaId from = new ReplicaId(A.server(), value);
            ReplicaId to = new ReplicaId(B.server(), Long.MAX_VALUE - value + 1);
            long other = Long.MAX_VALUE - value;
            envelopes.add(new Envelope(
                    -value, from, to, new Message.AppendEntries(value, other, value, other, value, List.of())));
            envelopes.add(new Envelope(other, from, to, new Message.AppendResponse(value, true, other, 0, 0, value)));
        }
        assertThat(FrameCodec.decode(A.server(), B.server(), FrameCodec.encode(envelopes)))
                .isEqualTo(envelopes);
    }

    @Test
    void aSignOfLifeIsNoMessage() throws BadFrameException {
        List<Long> lives = new ArrayList<>();
        FrameCodec.decode(1, 2, FrameCodec.encodeSignOfLife(-5), new FrameCodec.Contents() {
            @Override
            public void message(Envelope envelope) {
                throw new AssertionError(envelope);
            }

            @Override
            public void signOfLife(long life) {
                lives.add(life);
            }
        });
        assertThat(lives).containsExactly(-5L);
    }

    @Test
    void everyFlippedBitIsSeen() {
        byte[] good = bytes(FrameCodec.encode(envelopes()));
        for (int i = 0; i < good.length * 8; i++) {
            if (i / 8 >= 1 && i / 8 < 4) {
                continue; // reserved
            }
            byte[] bad = good.clone();
            bad[i / 8] ^= (byte) (1 << i % 8);
            assertThatThrownBy(() -> FrameCodec.decode(A.server(), B.server(), ByteBuffer.wrap(bad)))
                    .as("bit %d", i)
                    .isInstanceOf(BadFrameException.class);
        }
    }

    @Test
    void nonsenseWithARightChecksumIsRefusedAndNotBelieved() {
        SplittableRandom random = new SplittableRandom(1);
        byte[] good = bytes(FrameCodec.encode(envelopes()));
        for (int i = 0; i < 2000; i++) {
            byte[] bad = good.clone();
            for (int j = 0; j <= i % 4; j++) {
                bad[FrameCodec.HEADER_BYTES + random.nextInt(bad.length - FrameCodec.HEADER_BYTES)] =
                        (byte) random.nextInt();
            }
            java.util.zip.CRC32C crc = new java.util.zip.CRC32C();
            crc.update(bad, FrameCodec.HEADER_BYTES, bad.length - FrameCodec.HEADER_BYTES);
            ByteBuffer frame = ByteBuffer.wrap(bad).putInt(8, (int) crc.getValue());
            try {
                FrameCodec.decode(A.server(), B.server(), frame);
            } catch (BadFrameException expected) {
                assertThat(expected).hasMessageContaining("m");
            }
        }
    }
}
