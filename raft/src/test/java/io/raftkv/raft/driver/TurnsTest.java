package io.raftkv.raft.driver;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class TurnsTest {
    private static final long SECOND = 1_000_000_000L;

    @Test
    void givesTurnsInTheOrderOfAsking() {
        Turns turns = new Turns(1, Long.MAX_VALUE);
        assertThat(turns.enter("a", 0)).isTrue();
        assertThat(turns.enter("b", 0)).isFalse();
        assertThat(turns.enter("c", 0)).isFalse();
        assertThat(turns.enter("a", 1)).isTrue();
        turns.leave("a");
        assertThat(turns.enter("c", 2)).as("b was first").isFalse();
        assertThat(turns.enter("a", 2)).isFalse();
        assertThat(turns.enter("b", 2)).isTrue();
        turns.leave("b");
        turns.leave("c");
        assertThat(turns.enter("a", 3)).isTrue();
    }

    @Test
    void givesAsManyAsThereAre() {
        Turns turns = new Turns(2, Long.MAX_VALUE);
        assertThat(turns.enter("a", 0)).isTrue();
        assertThat(turns.enter("b", 0)).isTrue();
        assertThat(turns.enter("c", 0)).isFalse();
        assertThat(turns.enter("d", 0)).isFalse();
        turns.leave("a");
        turns.leave("b");
        assertThat(turns.enter("d", 1))
                .as("there are two turns for the two that wait")
                .isTrue();
        assertThat(turns.enter("c", 1)).isTrue();
    }

    @Test
    void whoDoesNotAskAgainLosesItsPlace() {
        Turns turns = new Turns(1, Long.MAX_VALUE);
        turns.enter("a", 0);
        turns.enter("gone", 0);
        turns.enter("b", SECOND);
        turns.leave("a");
        assertThat(turns.enter("b", 4 * SECOND)).isFalse();
        assertThat(turns.enter("b", 6 * SECOND)).isTrue();
    }

    @Test
    void whoMakesNoUseOfItsTurnLosesItToOthersOnly() {
        Turns turns = new Turns(1, SECOND);
        turns.enter("idle", 0);
        assertThat(turns.enter("idle", 10 * SECOND)).isTrue();
        turns.use("idle", 10 * SECOND);
        assertThat(turns.enter("b", 11 * SECOND)).isFalse();
        assertThat(turns.enter("b", 11 * SECOND + 1)).isTrue();
        assertThat(turns.enter("idle", 11 * SECOND + 2)).isFalse();
    }
}
