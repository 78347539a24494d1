package io.raftkv.raft.driver;

import static org.assertj.core.api.Assertions.assertThat;

import io.raftkv.raft.Bytes;
import io.raftkv.raft.RaftException;
import io.raftkv.raft.core.Entry;
import io.raftkv.raft.core.Message;
import io.raftkv.raft.core.SnapshotMeta;
import io.raftkv.raft.log.LogOptions;
import io.raftkv.raft.log.SharedLog;
import io.raftkv.raft.sim.SimDisk;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;

class DiskRoomTest {
    private static final Entry ENTRY = Entry.of(5, 2, Entry.encodeBody(Entry.Type.NO_OP, 0, Bytes.EMPTY));
    private static final Message APPEND = new Message.AppendEntries(3, 4, 2, 5, 7, List.of(ENTRY));
    private static final Message CHUNK = new Message.InstallSnapshot(
            3, SnapshotMeta.beginning(FolderFixture.GENESIS), 10, 7, 0, Bytes.utf8("chunk"));
    private static final Message VOTE = new Message.RequestVote(3, false, false, 5, 2);

    private final SimDisk disk = new SimDisk(3);

    private SharedLog open() throws IOException {
        LogOptions options = LogOptions.small(4 << 10, failure -> {}).withReserveBytes(16 << 10);
        return SharedLog.open(disk, "log", options, "test", 1, Runnable::run);
    }

    @Test
    void takesEverythingWhileThereIsRoom() throws IOException {
        SharedLog log = open();

        assertThat(DiskRoom.refusal(log)).isNull();
        assertThat(DiskRoom.affordable(log, APPEND)).isSameAs(APPEND);
        assertThat(DiskRoom.affordable(log, CHUNK)).isSameAs(CHUNK);
    }

    @Test
    void takesHeartbeatsAndVotesOnlyWhileThereIsNot() throws IOException {
        disk.setCapacityBytes(8 << 10);
        SharedLog log = open();

        assertThat(DiskRoom.refusal(log))
                .isInstanceOf(RaftException.Busy.class)
                .hasMessageContaining("disk of this server is nearly full");
        assertThat(DiskRoom.affordable(log, APPEND)).isEqualTo(new Message.AppendEntries(3, 4, 2, 5, 7, List.of()));
        assertThat(DiskRoom.affordable(log, CHUNK)).isNull();
        assertThat(DiskRoom.affordable(log, VOTE)).isSameAs(VOTE);
    }

    @Test
    void takesEverythingAgainAsSoonAsThereIsRoom() throws IOException {
        disk.setCapacityBytes(8 << 10);
        SharedLog log = open();
        assertThat(DiskRoom.refusal(log)).isNotNull();
        disk.setCapacityBytes(Long.MAX_VALUE);

        // Whoever is refused has the disk looked at again.
        assertThat(DiskRoom.refusal(log)).isNotNull();
        assertThat(DiskRoom.refusal(log)).isNull();
        assertThat(DiskRoom.affordable(log, APPEND)).isSameAs(APPEND);
    }
}
