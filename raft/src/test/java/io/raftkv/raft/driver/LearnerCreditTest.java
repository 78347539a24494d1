package io.raftkv.raft.driver;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class LearnerCreditTest {
    private static final int MIB = 1 << 20;

    private final LearnerCredit credit = new LearnerCredit(5 * MIB);

    @Test
    void whatAQuietGroupWroteBeforeIsThrottled() {
        assertThat(credit.beyond(MIB, 5 * MIB)).isEqualTo(MIB);
        assertThat(credit.beyond(MIB, 5 * MIB)).isEqualTo(MIB);
    }

    @Test
    void asMuchAsTheGroupWritesMeanwhileIsNot() {
        assertThat(credit.beyond(3 * MIB, 7 * MIB)).isEqualTo(MIB);
        assertThat(credit.beyond(MIB, 8 * MIB)).isZero();
        assertThat(credit.beyond(1, 8 * MIB)).isEqualTo(1);
    }

    @Test
    void whatIsNotUsedIsKeptForAMomentOnly() {
        assertThat(credit.beyond(0, 7 * MIB)).isZero();
        assertThat(credit.beyond(3 * MIB, 7 * MIB)).isEqualTo(MIB);
        assertThat(credit.beyond(5 * MIB, 100 * MIB)).isEqualTo(MIB);
    }
}
