package micro;

import io.raftkv.raft.Bytes;
import io.raftkv.raft.ReplicaId;
import io.raftkv.raft.core.CommandBatch;
import io.raftkv.raft.core.Entry;
import io.raftkv.raft.core.Message;
import io.raftkv.raft.core.Message.Envelope;
import io.raftkv.raft.transport.FrameCodec;
import io.raftkv.raft.transport.FrameCodec.BadFrameException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** A frame of 16 groups: with an entry of some commands of 100 bytes for each, or with the answers to that. */
@Fork(2)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class FrameCodecBenchmark {
    private static final int GROUPS = 16;
    private static final ReplicaId LEADER = new ReplicaId(1, 1);
    private static final ReplicaId FOLLOWER = new ReplicaId(2, 1);

    /** What a leader sends. */
    @State(Scope.Thread)
    public static class Appends {
        @Param({"1", "16"})
        int commands;

        private final List<Envelope> messages = new ArrayList<>();
        private ByteBuffer frame;

        @Setup
        public void setUp() {
            Bytes body = CommandBatch.encodeBody(1, Collections.nCopies(commands, Bytes.wrap(new byte[100])));
            for (int group = 1; group <= GROUPS; group++) {
                Message append = new Message.AppendEntries(3, 999, 3, 998, 77, List.of(Entry.of(1000, 3, body)));
                messages.add(new Envelope(group, LEADER, FOLLOWER, append));
            }
            frame = FrameCodec.encode(messages);
        }
    }

    /** What comes back. */
    @State(Scope.Thread)
    public static class Answers {
        private final List<Envelope> messages = new ArrayList<>();
        private ByteBuffer frame;

        @Setup
        public void setUp() {
            for (int group = 1; group <= GROUPS; group++) {
                Message answer = new Message.AppendResponse(3, true, 1000, 0, 0, 77);
                messages.add(new Envelope(group, FOLLOWER, LEADER, answer));
            }
            frame = FrameCodec.encode(messages);
        }
    }

    @Benchmark
    public ByteBuffer encodeAppends(Appends appends) {
        return FrameCodec.encode(appends.messages);
    }

    @Benchmark
    public List<Envelope> decodeAppends(Appends appends) throws BadFrameException {
        return FrameCodec.decode(LEADER.server(), FOLLOWER.server(), appends.frame.duplicate());
    }

    @Benchmark
    public ByteBuffer encodeAnswers(Answers answers) {
        return FrameCodec.encode(answers.messages);
    }

    @Benchmark
    public List<Envelope> decodeAnswers(Answers answers) throws BadFrameException {
        return FrameCodec.decode(FOLLOWER.server(), LEADER.server(), answers.frame.duplicate());
    }
}
