package io.raftkv.raft.driver;

import static org.assertj.core.api.Assertions.assertThat;

import io.raftkv.raft.Configuration;
import io.raftkv.raft.GroupStatus;
import io.raftkv.raft.ReplicaId;
import java.util.List;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class InvitationTest {
    private static final Configuration NAMED = Configuration.of(List.of(new ReplicaId(1, 1), new ReplicaId(4, 2)));

    private static Invitation judge(long incarnation, GroupStatus open) {
        return judge(incarnation, open, 0);
    }

    private static Invitation judge(long incarnation, GroupStatus open, long dropped) {
        return Invitation.judge(new ReplicaId(4, incarnation), open, dropped);
    }

    private static GroupStatus open(long incarnation, Configuration configuration) {
        return new GroupStatus(
                7,
                new ReplicaId(4, incarnation),
                GroupStatus.Role.LEARNER,
                0,
                null,
                1,
                0,
                0,
                0,
                0,
                configuration,
                0,
                false,
                false,
                new TreeMap<>(),
                new TreeMap<>(),
                new TreeMap<>(),
                null);
    }

    @Test
    void opensWhatIsNotThere() {
        assertThat(judge(2, null)).isEqualTo(Invitation.OPEN);
    }

    @Test
    void leavesFoundersToWhoKnowsHowTheGroupBegan() {
        assertThat(judge(1, null)).isEqualTo(Invitation.IGNORE);
    }

    @Test
    void comesLateForOneThatIsOpen() {
        assertThat(judge(2, open(2, Configuration.EMPTY))).isEqualTo(Invitation.IGNORE);
        assertThat(judge(2, open(2, NAMED))).isEqualTo(Invitation.IGNORE);
        assertThat(judge(2, open(3, Configuration.EMPTY))).isEqualTo(Invitation.IGNORE);
    }

    @Test
    void comesLateForOneThatCameAndWent() {
        assertThat(judge(2, null, 2)).isEqualTo(Invitation.IGNORE);
        assertThat(judge(2, null, 3)).isEqualTo(Invitation.IGNORE);
        assertThat(judge(3, null, 2)).isEqualTo(Invitation.OPEN);
    }

    @Test
    void replacesOneThatKnowsNobody() {
        assertThat(judge(3, open(2, Configuration.EMPTY))).isEqualTo(Invitation.REPLACE);
    }

    @Test
    void waitsUntilOneThatKnowsItsGroupHeardThatItLeft() {
        assertThat(judge(3, open(2, NAMED))).isEqualTo(Invitation.IGNORE);
    }
}
