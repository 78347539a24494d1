package io.raftkv.coordinator.state;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.raftkv.coordinator.state.CommandCodec.Request;
import io.raftkv.coordinator.state.CommandCodec.RequestId;
import io.raftkv.raft.Bytes;
import io.raftkv.resp.RespValue;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Replicas that are fed the same are the same, wherever they began. */
class DeterminismTest {
    static final int SHARDS = 12;

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6})
    void replicasFedTheSameBytesAgreeInResultsAndSnapshots(long seed) {
        Random random = new Random(seed);
        StateFixture one = new StateFixture(SHARDS);
        StateFixture other = new StateFixture(SHARDS);
        for (int i = 1; i <= 3_000; i++) {
            long timeMs = 1_000L * i;
            Bytes bytes = CommandCodec.encode(randomRequest(random));
            RespValue result = one.state.apply(i, timeMs, bytes);
            assertThat(other.state.apply(i, timeMs, bytes)).isEqualTo(result);
            if (random.nextInt(300) == 0) {
                // The other one goes on from a snapshot, as after a restart.
                byte[] snapshot = one.snapshot();
                assertThat(other.snapshot()).isEqualTo(snapshot);
                other = new StateFixture(SHARDS);
                other.load(snapshot);
                assertThat(other.snapshot()).isEqualTo(snapshot);
            }
        }
        assertThat(other.snapshot()).isEqualTo(one.snapshot());
    }

    @ParameterizedTest
    @ValueSource(longs = {11, 12})
    void everyCommandReadsBackAsItWasWritten(long seed) {
        Random random = new Random(seed);
        for (int i = 0; i < 2_000; i++) {
            Request request = randomRequest(random);
            assertThat(CommandCodec.decode(CommandCodec.encode(request))).isEqualTo(request);
        }
    }

    @Test
    void aFrozenStateDoesNotShowLaterWrites() {
        StateFixture fixture = new StateFixture(SHARDS);
        fixture.setSlot("default", 0, "before");
        fixture.elect(fixture.open("default"), 1);
        byte[] before = fixture.snapshot();
        var frozen = fixture.state.freeze();
        fixture.setSlot("default", 0, "after");
        fixture.open("default");
        fixture.join(1, ":1");
        var out = new java.io.ByteArrayOutputStream();
        try {
            frozen.writeTo(out);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
        frozen.close();
        assertThat(out.toByteArray()).isEqualTo(before);
    }

    @Test
    void epochsSurviveASnapshot() {
        StateFixture fixture = new StateFixture(SHARDS);
        long session = fixture.open("default");
        fixture.elect(session, 5);
        StateFixture restarted = new StateFixture(SHARDS);
        restarted.load(fixture.snapshot());
        assertThat(StateFixture.numbers(restarted.elect(session, 5))).containsExactly(0, 5, (int) session);
        assertThat(restarted.open("default")).isEqualTo(session + 1);
    }

    @Test
    void damagedOrForeignSnapshotsAreRefusedAndNothingChanges() {
        StateFixture fixture = new StateFixture(SHARDS);
        fixture.setSlot("default", 2, "x");
        byte[] snapshot = fixture.snapshot();
        StateFixture other = new StateFixture(SHARDS);
        for (int cut = 0; cut < snapshot.length; cut++) {
            byte[] torn = java.util.Arrays.copyOf(snapshot, cut);
            assertThatThrownBy(() -> other.state.load(new ByteArrayInputStream(torn)))
                    .isInstanceOf(IOException.class);
        }
        assertThatThrownBy(() -> new StateFixture(SHARDS + 1).state.load(new ByteArrayInputStream(snapshot)))
                .hasMessageContaining("12 shards, this one has 13");
        assertThat(other.snapshot()).isEqualTo(new StateFixture(SHARDS).snapshot());
    }

    private static Request randomRequest(Random random) {
        RequestId id = random.nextInt(3) == 0 ? null : new RequestId(random.nextInt(8), random.nextInt(3_000));
        return new Request(id, RandomCommands.next(random, SHARDS));
    }
}
