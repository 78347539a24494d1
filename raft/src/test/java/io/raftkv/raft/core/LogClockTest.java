package io.raftkv.raft.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.raftkv.raft.Bytes;
import io.raftkv.raft.Configuration;
import io.raftkv.raft.ReplicaId;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class LogClockTest {
    private static final long HOUR_MS = 3_600_000;
    private static final long ALLOWANCE_MS = 1200;

    private final LogClock clock = new LogClock(ALLOWANCE_MS);

    private static long nanos(long ms) {
        return TimeUnit.MILLISECONDS.toNanos(ms);
    }

    @Test
    void followsTheWallClock() {
        clock.takeOffice(nanos(50), 5_000);
        assertThat(clock.stamp(nanos(60), 5_000, 5_010)).isEqualTo(5_010);
        assertThat(clock.stamp(nanos(150), 5_010, 5_100)).isEqualTo(5_100);
    }

    @Test
    void aJumpForwardMovesItByTheAllowanceOnceAndNoMore() {
        clock.takeOffice(0, 5_000);
        long jumped = clock.stamp(nanos(10), 5_000, 5_010 + HOUR_MS);
        assertThat(jumped).isEqualTo(5_010 + ALLOWANCE_MS);
        assertThat(clock.stamp(nanos(10), jumped, 5_010 + HOUR_MS)).isEqualTo(jumped);
        assertThat(clock.stamp(nanos(30), jumped, 5_030 + HOUR_MS)).isEqualTo(jumped + 20);
    }

    @Test
    void standsStillWhileAClockThatJumpedBackCatchesUp() {
        clock.takeOffice(0, HOUR_MS);
        assertThat(clock.stamp(nanos(10), HOUR_MS, 10)).isEqualTo(HOUR_MS);
        assertThat(clock.stamp(nanos(HOUR_MS), HOUR_MS, HOUR_MS + 7)).isEqualTo(HOUR_MS + 7);
    }

    @Test
    void timeWithoutALeaderDoesNotCount() {
        clock.takeOffice(nanos(5), 5_000);
        assertThat(clock.stamp(nanos(6), 5_000, 5_000 + 8 * HOUR_MS)).isEqualTo(5_001 + ALLOWANCE_MS);
    }

    @Test
    void beginsWithTheWallClockAndIsHeldFromThenOn() {
        clock.takeOffice(nanos(5), 0);
        assertThat(clock.stamp(nanos(100), 0, 7 * HOUR_MS)).isEqualTo(7 * HOUR_MS);
        assertThat(clock.stamp(nanos(300), 7 * HOUR_MS, 9 * HOUR_MS)).isEqualTo(7 * HOUR_MS + 200 + ALLOWANCE_MS);
    }

    /** In a group of one, whose entries show what became of the clocks it was given. */
    @Test
    void aLeaderStampsItsEntriesWithIt() {
        ReplicaId self = new ReplicaId(1, 1);
        RaftCore core = new RaftCore(
                1, self, CoreOptions.DEFAULT, () -> 0L, RaftCore.Recovered.fresh(Configuration.of(List.of(self))), 1);
        long now = core.nextDeadlineNanos();
        step(core, now, new Input.Tick());
        step(core, now, propose(HOUR_MS));
        step(core, now + nanos(20), propose(3 * HOUR_MS));
        step(core, now + nanos(30), propose(0));
        assertThat(List.of(2L, 3L, 4L))
                .extracting(index -> core.entry(index).timeMs())
                .containsExactly(HOUR_MS, HOUR_MS + 20 + ALLOWANCE_MS, HOUR_MS + 20 + ALLOWANCE_MS);
    }

    private static Input propose(long wallClockMs) {
        return new Input.Propose(0, wallClockMs, List.of(Bytes.utf8("x")));
    }

    private static void step(RaftCore core, long now, Input input) {
        List<Effect> effects = new ArrayList<>(core.step(now, input));
        for (int i = 0; i < effects.size(); i++) {
            if (effects.get(i) instanceof Effect.Persist persist) {
                effects.addAll(core.step(now, new Input.Persisted(persist.sequence())));
            }
        }
    }
}
