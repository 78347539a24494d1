package io.raftkv.raft.driver;

import io.raftkv.raft.Bytes;
import io.raftkv.raft.Configuration;
import io.raftkv.raft.ReplicaId;
import io.raftkv.raft.StateMachine;
import io.raftkv.raft.core.Entry;
import io.raftkv.raft.core.GroupWrite;
import io.raftkv.raft.core.GroupWrite.LogPosition;
import io.raftkv.raft.core.HardState;
import io.raftkv.raft.core.SnapshotMeta;
import io.raftkv.raft.log.LogOptions;
import io.raftkv.raft.sim.NoLoop;
import io.raftkv.raft.sim.SimDisk;
import io.raftkv.raft.transport.Lane;
import io.raftkv.raft.transport.Transport;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** A data folder on a simulated disk, with two groups in it, and no node around it. */
final class FolderFixture {
    static final ReplicaId SELF = new ReplicaId(1, 1);
    static final Configuration GENESIS = Configuration.of(List.of(SELF, new ReplicaId(2, 1)));
    static final LogOptions LOG = LogOptions.small(1 << 10, failure -> {});

    final SimDisk disk;
    final Sink machine = new Sink();

    FolderFixture(SimDisk disk) {
        this.disk = disk;
    }

    static final class NoTransport implements Transport {
        @Override
        public void start(Receiver receiver) {}

        @Override
        public void send(long server, Lane lane, ByteBuffer frame) {}

        @Override
        public long queuedBytes(long server) {
            return 0;
        }

        @Override
        public void close() {}
    }

    static final class Sink implements StateMachine {
        int loaded;

        @Override
        public Object apply(long index, long timeMs, Bytes command) {
            return "";
        }

        @Override
        public FrozenState freeze() {
            throw new UnsupportedOperationException();
        }

        @Override
        public Runnable load(InputStream state) throws IOException {
            loaded = state.readAllBytes().length;
            return () -> {};
        }
    }

    /** Opens in the life that runs. */
    DataFolder openNow() throws IOException {
        return DataFolder.open(options(RaftNodeOptions.OnDamage.RECOVER), disk, LOG);
    }

    DataFolder open(RaftNodeOptions.OnDamage onDamage) throws IOException {
        disk.kill();
        return DataFolder.open(options(onDamage), disk, LOG);
    }

    RaftNodeOptions options(RaftNodeOptions.OnDamage onDamage) {
        return RaftNodeOptions.of(
                        1, "test", disk, List.of(new NoLoop()), Runnable::run, Runnable::run, new NoTransport())
                .onDamage(onDamage)
                .build();
    }

    DataFolder open() throws IOException {
        return open(RaftNodeOptions.OnDamage.RECOVER);
    }

    static GroupWrite write(long group, LogPosition start, long from, int count) {
        List<Entry> entries = new ArrayList<>();
        for (long index = from; index < from + count; index++) {
            entries.add(Entry.of(index, 3, Entry.encodeBody(Entry.Type.COMMANDS, 0, Bytes.utf8("entry " + index))));
        }
        return new GroupWrite(group, new HardState(3, SELF), start, entries);
    }

    /** Group 1 with a snapshot at 4 and a log from 5 to 9, group 2 with a log from 1 to 5. */
    void twoGroups() throws IOException {
        DataFolder folder = open();
        folder.recover(1, GENESIS, machine);
        folder.recover(2, GENESIS, machine);
        folder.log().append(List.of(write(1, null, 1, 9), write(2, null, 1, 5)), () -> {});
        folder.snapshots().write(1, new SnapshotMeta(4, 3, GENESIS, 0, 0), out -> out.write(new byte[100]));
        folder.snapshots().retainOnly(1, 4);
        folder.log().append(List.of(new GroupWrite(1, null, new LogPosition(4, 3), List.of())), () -> {});
    }

    String firstLogFile() {
        return "log/"
                + disk.list("log").stream()
                        .filter(name -> name.endsWith(".wal"))
                        .findFirst()
                        .orElseThrow();
    }
}
