package io.raftkv.raft.driver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.raftkv.raft.log.LogException;
import io.raftkv.raft.sim.SimDisk;
import io.raftkv.raft.transport.Introduction.Life;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

/** The file `lives`, and what it remembers. */
class LivesTest {
    private final SimDisk disk = new SimDisk(1);

    private static byte[] golden() throws IOException {
        try (InputStream in = LivesTest.class.getResourceAsStream("/golden/v1/lives")) {
            return in.readAllBytes();
        }
    }

    private static Lives sample() {
        return Lives.none(0xf1)
                .begin(0xa1)
                .nextStretch()
                .nextStretch()
                .forget(new Life(0x4_000000a2L, 9))
                .begin(0xa5)
                .meet(2, new Lives.Met(0xf2, new Life(0x3_000000b1L, 7)));
    }

    @Test
    void readsTheGoldenFileAndWritesTheSame() throws IOException {
        disk.put(Lives.FILE, golden());
        assertThat(Lives.read(disk)).contains(sample());

        sample().write(disk);
        assertThat(disk.durableContent(Lives.FILE)).isEqualTo(golden());
    }

    @Test
    void everyFlippedBitIsSeen() throws IOException {
        byte[] good = golden();
        for (int bit = 0; bit < 8 * good.length; bit++) {
            byte[] bad = good.clone();
            bad[bit / 8] ^= (byte) (1 << bit % 8);
            assertThatThrownBy(() -> Lives.parse(new String(bad, StandardCharsets.UTF_8)))
                    .as("bit %d", bit)
                    .isInstanceOfSatisfying(LogException.class, damage -> assertThat(damage.isDamage())
                            .isTrue());
        }
    }

    @Test
    void powerLostAtAnyOperationLeavesTheOldOrTheNew() throws IOException {
        Lives next = sample().begin(0xa6);
        for (int stop = 1; stop <= 6; stop++) {
            SimDisk failing = new SimDisk(stop);
            sample().write(failing);
            failing.stopAt(failing.operations() + stop);
            try {
                next.write(failing);
            } catch (SimDisk.PowerLost expected) {
                assertThat(failing.hasStopped()).isTrue();
            }
            failing.crash();
            assertThat(Lives.read(failing).orElseThrow()).isIn(sample(), next);
        }
    }

    @Test
    void remembersEachLifeAsFarAsItWasLived() {
        Lives lives = Lives.none(1).begin(0xa1).nextStretch().begin(0xa2).nextStretch();
        assertThat(lives.before()).isEqualTo(new Life(0x1_000000a1L, 2));
        assertThat(lives.life()).isEqualTo(new Life(0x2_000000a2L, 2));
        assertThat(lives.remembers(new Life(0x1_000000a1L, 2))).isTrue();
        assertThat(lives.remembers(new Life(0x1_000000a1L, 3))).isFalse();
        assertThat(lives.remembers(new Life(0x2_000000a2L, 1))).isTrue();
        assertThat(lives.remembers(new Life(0x2_000000a3L, 1)))
                .as("of another copy")
                .isFalse();
        assertThat(lives.remembers(new Life(0x3_000000a3L, 1))).isFalse();
    }

    /** What was before the life that it was told of is recovered along with that, also if others tell of it later. */
    @Test
    void whatItKnowsToBeForgottenIsNoNews() {
        Lives lives = Lives.none(1).begin(0xa1).forget(new Life(0x5_000000a5L, 3));
        assertThat(lives.remembers(new Life(0x5_000000a5L, 3))).isTrue();
        assertThat(lives.remembers(new Life(0x4_000000a4L, 7))).isTrue();
        assertThat(lives.remembers(new Life(0x6_000000a6L, 1))).isFalse();
        assertThat(lives.begin(0xa7).life()).isEqualTo(new Life(0x6_000000a7L, 1));
    }
}
