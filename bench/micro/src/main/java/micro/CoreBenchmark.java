package micro;

import io.raftkv.raft.Bytes;
import io.raftkv.raft.Configuration;
import io.raftkv.raft.GroupStatus.Role;
import io.raftkv.raft.ReplicaId;
import io.raftkv.raft.core.CoreOptions;
import io.raftkv.raft.core.Effect;
import io.raftkv.raft.core.Input;
import io.raftkv.raft.core.RaftCore;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.SortedMap;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * All decisions for one entry of 16 commands of 100 bytes in a group of three or five: proposed, sent, written by everybody,
 * acknowledged and committed at the leader. The cores alone: messages are handed over, disks write at once.
 */
@State(Scope.Thread)
@Fork(2)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class CoreBenchmark {
    private static final int SNAPSHOT_EVERY = 1000;

    @Param({"3", "5"})
    int voters;

    private final SortedMap<ReplicaId, RaftCore> cores = new TreeMap<>();
    private final ArrayDeque<Step> steps = new ArrayDeque<>();
    private final List<Bytes> commands = Collections.nCopies(16, Bytes.wrap(new byte[100]));
    private RaftCore leader;
    private long now;

    private record Step(RaftCore core, Input input) {}

    @Setup
    public void elect() {
        List<ReplicaId> ids = new ArrayList<>();
        for (int server = 1; server <= voters; server++) {
            ids.add(new ReplicaId(server, 1));
        }
        Configuration configuration = Configuration.of(ids);
        for (ReplicaId id : ids) {
            cores.put(
                    id,
                    new RaftCore(
                            1,
                            id,
                            CoreOptions.DEFAULT,
                            new SplittableRandom(id.server()),
                            RaftCore.Recovered.fresh(configuration),
                            now));
        }
        leader = cores.get(ids.get(0));
        now = leader.nextDeadlineNanos();
        run(leader, new Input.Tick());
        if (leader.role() != Role.LEADER) {
            throw new IllegalStateException("nobody leads");
        }
    }

    @Benchmark
    public long commitEntry() {
        run(leader, new Input.Propose(0, 1, commands));
        run(leader, new Input.Flush(Set.of()));
        long committed = leader.commitIndex();
        if (committed != leader.lastIndex()) {
            throw new IllegalStateException("committed " + committed + " of " + leader.lastIndex());
        }
        if (committed % SNAPSHOT_EVERY == 0) {
            for (RaftCore core : cores.values()) {
                run(core, new Input.SnapshotStored(core.snapshotAt(core.commitIndex(), 1)));
            }
        }
        return committed;
    }

    private void run(RaftCore core, Input input) {
        steps.add(new Step(core, input));
        for (Step step = steps.poll(); step != null; step = steps.poll()) {
            for (Effect effect : step.core.step(now, step.input)) {
                if (effect instanceof Effect.Send send) {
                    steps.add(new Step(cores.get(send.to()), new Input.Receive(step.core.self(), send.message())));
                } else if (effect instanceof Effect.Persist persist) {
                    steps.add(new Step(step.core, new Input.Persisted(persist.sequence())));
                } else if (effect instanceof Effect.Commit) {
                    step.core.appliedTo(step.core.commitIndex());
                }
            }
        }
    }
}
