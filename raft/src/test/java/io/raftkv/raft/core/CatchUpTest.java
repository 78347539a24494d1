package io.raftkv.raft.core;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class CatchUpTest {
    private static final long QUICK = 100;

    private final CatchUp catchUp = new CatchUp();

    private boolean keepsUpAfter(long matchIndex, long lastIndex, long now) {
        catchUp.matched(matchIndex, lastIndex, now, QUICK);
        return catchUp.keepsUp();
    }

    @Test
    void takesTwoQuickRounds() {
        assertThat(keepsUpAfter(0, 10, 0)).isFalse();
        assertThat(keepsUpAfter(10, 20, 50)).isFalse();
        assertThat(keepsUpAfter(20, 30, 150)).isTrue();
    }

    @Test
    void aRoundLastsUntilItsGoalIsReached() {
        assertThat(keepsUpAfter(0, 10, 0)).isFalse();
        assertThat(keepsUpAfter(9, 20, 50)).isFalse();
        assertThat(keepsUpAfter(9, 20, 60)).isFalse();
        assertThat(keepsUpAfter(10, 20, 70)).isFalse();
        assertThat(keepsUpAfter(20, 20, 80)).isTrue();
    }

    @Test
    void aSlowRoundStartsTheCountAnew() {
        keepsUpAfter(0, 10, 0);
        assertThat(keepsUpAfter(10, 20, 50)).isFalse();
        assertThat(keepsUpAfter(20, 30, 151)).isFalse();
        assertThat(keepsUpAfter(30, 40, 200)).isFalse();
        assertThat(keepsUpAfter(40, 50, 300)).isTrue();
        assertThat(keepsUpAfter(50, 60, 500)).isFalse();
    }
}
