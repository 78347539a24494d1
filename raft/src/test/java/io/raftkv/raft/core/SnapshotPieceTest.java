package io.raftkv.raft.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.raftkv.raft.Bytes;
import io.raftkv.raft.Configuration;
import io.raftkv.raft.ReplicaId;
import io.raftkv.raft.core.Message.InstallSnapshot;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What a follower makes of a piece of a snapshot whose fields make no sense. */
class SnapshotPieceTest {
    private static final ReplicaId LEADER = new ReplicaId(1, 1);
    private static final ReplicaId SELF = new ReplicaId(2, 1);
    private static final Configuration CONFIGURATION = Configuration.of(List.of(LEADER, SELF));
    private static final Bytes CHUNK = Bytes.utf8("0123456789");

    private static List<Effect> take(SnapshotMeta meta, long total, long offset) {
        RaftCore core = new RaftCore(
                1, SELF, CoreOptions.DEFAULT, () -> 0L, RaftCore.Recovered.fresh(CONFIGURATION), 1_000_000_000L);
        return core.step(
                1_000_000_000L, new Input.Receive(LEADER, new InstallSnapshot(5, meta, total, 0, offset, CHUNK)));
    }

    private static SnapshotMeta meta(long index, long term, long configurationIndex) {
        return new SnapshotMeta(index, term, CONFIGURATION, configurationIndex, 0);
    }

    private static void taken(List<Effect> effects) {
        assertThat(effects).hasAtLeastOneElementOfType(Effect.TakeChunk.class);
        assertThat(effects).doesNotHaveAnyElementsOfTypes(Effect.Alarm.class);
    }

    private static void refused(List<Effect> effects) {
        assertThat(effects).hasAtLeastOneElementOfType(Effect.Alarm.class);
        assertThat(effects).doesNotHaveAnyElementsOfTypes(Effect.TakeChunk.class);
    }

    @Test
    void takesWhatFits() {
        taken(take(meta(9, 5, 9), 10, 0));
        taken(take(meta(9, 5, 0), 1000, 990));
    }

    @Test
    void refusesPlacesOutsideOfTheFile() {
        refused(take(meta(9, 5, 0), 10, 1));
        refused(take(meta(9, 5, 0), 9, 0));
        refused(take(meta(9, 5, 0), 1000, -1));
        refused(take(meta(9, 5, 0), 0, 0));
        refused(take(meta(9, 5, 0), -1, 0));
        refused(take(meta(9, 5, 0), Long.MAX_VALUE, Long.MAX_VALUE));
        refused(take(meta(9, 5, 0), Long.MIN_VALUE, Long.MAX_VALUE));
    }

    @Test
    void refusesMetaDataThatCannotBe() {
        refused(take(meta(9, 6, 0), 100, 0));
        refused(take(meta(9, 0, 0), 100, 0));
        refused(take(meta(9, 5, 10), 100, 0));
        refused(take(meta(9, 5, -1), 100, 0));
        refused(take(new SnapshotMeta(9, 5, Configuration.EMPTY, 0, 0), 100, 0));
    }
}
