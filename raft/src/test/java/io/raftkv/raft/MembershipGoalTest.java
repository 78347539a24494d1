package io.raftkv.raft;

import static org.assertj.core.api.Assertions.assertThat;

import io.raftkv.raft.MembershipGoal.Step;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class MembershipGoalTest {
    private static final Configuration FIRST = Configuration.of(ids(id(1, 1), id(2, 1), id(3, 1)));
    private static final MembershipGoal AWAY = goal(5, 4, 5, 6);
    private static final SortedSet<ReplicaId> AWAY_VOTERS = ids(id(4, 2), id(5, 2), id(6, 2));
    private static final Configuration FILLING = FIRST.next(FIRST.voters(), ids(), AWAY_VOTERS, 5);
    private static final Configuration JOINT = FILLING.next(AWAY_VOTERS, FIRST.voters(), ids(), 5);
    private static final Configuration MOVED = JOINT.next(AWAY_VOTERS, ids(), ids(), 5);

    private static ReplicaId id(long server, long incarnation) {
        return new ReplicaId(server, incarnation);
    }

    private static SortedSet<ReplicaId> ids(ReplicaId... ids) {
        return new TreeSet<>(Stream.of(ids).toList());
    }

    private static MembershipGoal goal(long version, long... servers) {
        return new MembershipGoal(new TreeSet<>(LongStream.of(servers).boxed().toList()), version);
    }

    @Test
    void changesAGroupThatIsElsewhere() {
        assertThat(AWAY.next(FIRST, null)).isEqualTo(Step.CHANGE);
        assertThat(AWAY.voters(FIRST)).isEqualTo(AWAY_VOTERS);
        assertThat(AWAY.isReached(FIRST)).isFalse();
    }

    @Test
    void leavesAGroupThatIsThereAlone() {
        assertThat(AWAY.next(MOVED, null)).isEqualTo(Step.NOTHING);
        assertThat(AWAY.isReached(MOVED)).isTrue();
        assertThat(goal(1, 1, 2, 3).next(FIRST, null)).isEqualTo(Step.NOTHING);
    }

    @Test
    void leavesAGroupThatIsWantedNowhereAlone() {
        assertThat(goal(9).next(FIRST, null)).isEqualTo(Step.NOTHING);
    }

    @Test
    void membersStayAndOthersGetTheNextIncarnationThatTheirServerNeverHad() {
        Configuration back = MOVED.next(ids(id(1, 2), id(4, 2)), ids(), ids(), 6);
        assertThat(goal(7, 1, 2, 4, 5, 7).voters(back))
                .isEqualTo(ids(id(1, 2), id(2, 2), id(4, 2), id(5, 3), id(7, 2)));
        assertThat(goal(7, 1, 2, 4, 5, 7).voters(back)).allMatch(back::mayName);
    }

    @Test
    void awaitsTheAnswerToWhatItAskedFor() {
        assertThat(AWAY.next(FIRST, AWAY_VOTERS)).isEqualTo(Step.NOTHING);
        assertThat(AWAY.next(FILLING, AWAY_VOTERS)).isEqualTo(Step.NOTHING);
        assertThat(AWAY.next(MOVED, AWAY_VOTERS)).isEqualTo(Step.NOTHING);
    }

    @Test
    void abortsWhatItAskedForWhenTheGoalIsAnotherOne() {
        assertThat(goal(6, 1, 2, 3).next(FILLING, AWAY_VOTERS)).isEqualTo(Step.ABORT);
        assertThat(goal(6, 1, 4, 7).next(FIRST, AWAY_VOTERS)).isEqualTo(Step.ABORT);
        // Though the plan has a later version.
        assertThat(goal(6, 4, 5, 6).next(FILLING, AWAY_VOTERS)).isEqualTo(Step.NOTHING);
    }

    @Test
    void abortsAtAStepOfWhatItAskedFor() {
        Configuration filling = FIRST.next(FIRST.voters(), ids(), ids(id(4, 2)), 5);
        Configuration step = filling.next(ids(id(1, 1), id(3, 1), id(4, 2)), FIRST.voters(), ids(id(5, 2)), 5);
        assertThat(AWAY.voters(step)).isEqualTo(AWAY_VOTERS);
        assertThat(AWAY.next(step, AWAY_VOTERS)).isEqualTo(Step.NOTHING);
        assertThat(goal(6, 1, 2, 3).next(step, AWAY_VOTERS)).isEqualTo(Step.ABORT);
        // Nobody here asked for it: it is left first.
        assertThat(AWAY.next(step, null)).isEqualTo(Step.WAIT);
        assertThat(goal(6, 1, 2, 3).next(step, null)).isEqualTo(Step.WAIT);
    }

    @Test
    void goesOnFromAStepOfALostLeader() {
        SortedSet<ReplicaId> reached = ids(id(1, 1), id(3, 1), id(4, 2));
        Configuration step = FIRST.next(reached, ids(), ids(id(5, 2)), 5);
        assertThat(AWAY.next(step, null)).isEqualTo(Step.CHANGE);
        assertThat(AWAY.voters(step)).isEqualTo(AWAY_VOTERS);
        // Who left comes back as another replica.
        assertThat(goal(6, 1, 2, 3).next(step, null)).isEqualTo(Step.CHANGE);
        assertThat(goal(6, 1, 2, 3).voters(step)).isEqualTo(ids(id(1, 1), id(2, 2), id(3, 1)));
        assertThat(goal(4, 1, 2, 3).next(step, null)).isEqualTo(Step.WAIT);
    }

    @Test
    void lookAgainWhileOldAndNewDecideTogether() {
        assertThat(AWAY.next(JOINT, null)).isEqualTo(Step.WAIT);
        assertThat(goal(6, 1, 2, 3).next(JOINT, AWAY_VOTERS)).isEqualTo(Step.WAIT);
        assertThat(AWAY.isReached(JOINT)).isFalse();
    }

    @Test
    void goesOnWithTheLearnersOfALostLeader() {
        assertThat(AWAY.next(FILLING, null)).isEqualTo(Step.CHANGE);
        assertThat(AWAY.voters(FILLING)).isEqualTo(AWAY_VOTERS);
        // A later goal drops them, or takes those that it wants too.
        assertThat(goal(6, 1, 2, 3).next(FILLING, null)).isEqualTo(Step.CHANGE);
        assertThat(goal(6, 1, 2, 4).voters(FILLING)).isEqualTo(ids(id(1, 1), id(2, 1), id(4, 2)));
    }

    @Test
    void anOlderGoalUndoesNothing() {
        assertThat(goal(4, 1, 2, 3).next(MOVED, null)).isEqualTo(Step.WAIT);
        assertThat(goal(4, 1, 2, 3).next(FILLING, null)).isEqualTo(Step.WAIT);
        assertThat(goal(5, 1, 2, 3).next(MOVED, null)).isEqualTo(Step.WAIT);
    }
}
