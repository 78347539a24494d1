package io.raftkv.raft.driver;

import static org.assertj.core.api.Assertions.assertThat;

import io.raftkv.raft.Bytes;
import io.raftkv.raft.RaftException;
import io.raftkv.raft.RaftGroup;
import io.raftkv.raft.ReplicaId;
import io.raftkv.raft.StateMachine;
import io.raftkv.raft.core.SnapshotMeta;
import io.raftkv.raft.driver.ManualNodes.Node;
import io.raftkv.raft.driver.ManualNodes.Outcome;
import io.raftkv.raft.driver.ManualNodes.Text;
import io.raftkv.raft.sim.SimDisk;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class OwnSnapshotsTest {
    private final ManualNodes nodes = new ManualNodes();
    private final SimDisk disk = new SimDisk(1);
    private final List<String> told = new ArrayList<>();

    private Node start() throws IOException {
        return nodes.new Node(1, disk, new RaftObserver() {
            @Override
            public void snapshotTaken(long groupId, ReplicaId self, SnapshotMeta meta) {
                told.add(groupId + " took " + meta.index());
            }

            @Override
            public void snapshotFailed(long groupId, ReplicaId self, SnapshotMeta meta, Exception why) {
                told.add(groupId + " failed at " + meta.index());
            }
        });
    }

    private RaftGroup open(Node node, long id, StateMachine machine) throws IOException {
        RaftGroup group = node.open(id, machine, 1);
        nodes.until("it leads", group::isLeader);
        return group;
    }

    private Outcome take(RaftGroup group) {
        Outcome outcome = new Outcome();
        group.takeSnapshot(outcome);
        return outcome;
    }

    @Test
    void takesOneWhenAskedAndCutsTheLog() throws IOException {
        Node node = start();
        RaftGroup group = open(node, 7, new Text());
        nodes.propose(group, "a");
        Outcome first = take(group);
        Outcome second = take(group);
        nodes.run();
        assertThat(first.value).isEqualTo(2L);
        assertThat(second.value).isEqualTo(2L);
        assertThat(group.status().firstIndex()).isEqualTo(3);
        // Nothing new to take: the one that is there has it all.
        Outcome third = take(group);
        nodes.run();
        assertThat(third.value).isEqualTo(2L);
        assertThat(told).containsExactly("7 took 2");
        node.die();

        disk.crash(SimDisk.Survival.NOTHING);
        Text text = new Text();
        start().open(7, text);
        assertThat(text.text.toString()).isEqualTo("a");
    }

    /** The larger a state is the rarer it is written; a restart is no reason to write it at once. */
    @Test
    void theLogGrowsAsLargeAsTheLastOneAfterARestartToo() throws IOException {
        Node node = start();
        nodes.propose(open(node, 7, new Text()), "x".repeat(5000));
        assertThat(told).containsExactly("7 took 2");
        node.die();
        disk.kill();

        RaftGroup group = open(start(), 7, new Text());
        nodes.propose(group, "y".repeat(3000));
        assertThat(told).hasSize(1);
        nodes.propose(group, "z".repeat(3000));
        assertThat(told).containsExactly("7 took 2", "7 took 5");
    }

    @Test
    void triesAgainAfterAnErrorOfTheDiskWithAPauseThatGrows() throws IOException {
        RaftGroup group = open(start(), 7, new Text());
        // The log preallocates nothing, so that a file that is created now is that of the snapshot.
        disk.failNext(SimDisk.Operation.CREATE, 3);
        nodes.propose(group, "x".repeat(2000));
        assertThat(told).containsExactly("7 failed at 2");
        assertThat(group.status().snapshotProblem()).contains("index 2");
        nodes.advance(990);
        assertThat(told).hasSize(1);
        nodes.advance(20);
        assertThat(told).hasSize(2);
        nodes.advance(1980);
        assertThat(told).hasSize(2);
        nodes.advance(20);
        assertThat(told).hasSize(3);
        nodes.advance(4010);
        assertThat(told).containsExactly("7 failed at 2", "7 failed at 2", "7 failed at 2", "7 took 2");
        assertThat(group.status().snapshotProblem()).isNull();
        assertThat(disk.list("snapshots/0000000000000007")).containsExactly("0000000000000002.snap");
        assertThat(nodes.failures).isEmpty();
    }

    @Test
    void aStateMachineThatCannotBeFrozenGoesOnAndTheCallerIsTold() throws IOException {
        Text text = new Text();
        RaftGroup group = open(start(), 7, text);
        text.onSave = () -> new IllegalStateException("not now");
        nodes.propose(group, "a");
        Outcome asked = take(group);
        nodes.run();
        assertThat(asked.failure)
                .isInstanceOf(RaftException.Busy.class)
                .hasMessageContaining("index 2")
                .hasMessageContaining("not now");
        assertThat(nodes.propose(group, "b").value).isEqualTo(2L);
        text.onSave = () -> null;
        Outcome again = take(group);
        nodes.run();
        assertThat(again.value).isEqualTo(3L);
        assertThat(nodes.failures).isEmpty();
    }

    /** Fails as asked when its state is written, and counts how many states are frozen. */
    private static final class Awkward implements StateMachine {
        private final Throwable whenWritten;
        int frozen;

        Awkward(Throwable whenWritten) {
            this.whenWritten = whenWritten;
        }

        @Override
        public Object apply(long index, long timeMs, Bytes command) {
            return index;
        }

        @Override
        public FrozenState freeze() {
            frozen++;
            return new FrozenState() {
                @Override
                public void writeTo(OutputStream out) {
                    if (whenWritten instanceof Error error) {
                        throw error;
                    } else if (whenWritten instanceof RuntimeException failure) {
                        throw failure;
                    }
                }

                @Override
                public void close() {
                    frozen--;
                }
            };
        }

        @Override
        public Runnable load(InputStream in) {
            return () -> {};
        }
    }

    @Test
    void aFaultInItsWriterEndsTheSnapshotAndNothingElse() throws IOException {
        Awkward machine = new Awkward(new IllegalStateException("a fault"));
        RaftGroup group = open(start(), 7, machine);
        nodes.propose(group, "a");
        assertThat(take(group).done).isFalse();
        nodes.run();
        assertThat(told).containsExactly("7 failed at 2");
        assertThat(machine.frozen).isZero();
        assertThat(disk.list("snapshots/0000000000000007")).doesNotContain("0000000000000002.tmp");
        assertThat(nodes.propose(group, "b").value).isEqualTo(3L);
    }

    @Test
    void anErrorInItsWriterStopsTheNode() throws IOException {
        RaftGroup group = open(start(), 7, new Awkward(new OutOfMemoryError("as asked")));
        nodes.propose(group, "a");
        Outcome asked = take(group);
        try {
            nodes.run();
        } catch (OutOfMemoryError expected) {
            // It goes on to whoever runs the thread.
        }
        nodes.run();
        assertThat(nodes.failures).singleElement().isInstanceOf(OutOfMemoryError.class);
        assertThat(asked.failure).isInstanceOf(RaftException.Stopped.class);
        assertThat(nodes.propose(group, "b").failure).isInstanceOf(RaftException.Stopped.class);
    }

    @Test
    void groupsOfANodeTakeThemOneAfterTheOther() throws IOException {
        Node node = start();
        List<Awkward> machines = new ArrayList<>();
        List<Outcome> asked = new ArrayList<>();
        List<RaftGroup> groups = new ArrayList<>();
        for (long id = 1; id <= 5; id++) {
            Awkward machine = new Awkward(null);
            machines.add(machine);
            groups.add(open(node, id, machine));
        }
        groups.forEach(group -> asked.add(take(group)));
        nodes.run();
        assertThat(told).hasSize(1);
        nodes.until("all have one", () -> asked.stream().allMatch(outcome -> outcome.value != null));
        assertThat(told).containsExactly("1 took 1", "2 took 1", "3 took 1", "4 took 1", "5 took 1");
        assertThat(machines).allMatch(machine -> machine.frozen == 0);
    }

    @Test
    void whatALifeBeforeLeftUnfinishedIsRemoved() throws IOException {
        Node node = start();
        RaftGroup group = open(node, 7, new Text());
        nodes.propose(group, "a");
        take(group);
        nodes.run();
        node.die();
        String folder = "snapshots/0000000000000007/";
        disk.put(folder + "0000000000000009.tmp", new byte[10]);
        disk.put(folder + "0000000000000002-1-64.part", new byte[10]);
        disk.put(folder + "0000000000000009-1-64.part", new byte[10]);
        disk.kill();
        start().open(7, new Text());
        assertThat(disk.list(folder.substring(0, folder.length() - 1)))
                .containsExactly("0000000000000002.snap", "0000000000000009-1-64.part");
    }
}
