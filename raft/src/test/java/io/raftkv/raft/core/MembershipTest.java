package io.raftkv.raft.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.raftkv.raft.Bytes;
import io.raftkv.raft.Configuration;
import io.raftkv.raft.GroupStatus.Role;
import io.raftkv.raft.ReplicaId;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** What a replica that does not lead makes of configurations; the leader's part is in the scenarios. */
class MembershipTest {
    private static final ReplicaId A = new ReplicaId(1, 1);
    private static final ReplicaId B = new ReplicaId(2, 1);
    private static final ReplicaId C = new ReplicaId(3, 1);
    private static final ReplicaId D = new ReplicaId(4, 1);
    private static final Configuration ABC = Configuration.of(List.of(A, B, C));

    private static SortedSet<ReplicaId> set(ReplicaId... ids) {
        return new TreeSet<>(List.of(ids));
    }

    private static RaftCore core(ReplicaId self, Configuration genesis) {
        return new RaftCore(1, self, CoreOptions.DEFAULT, () -> 0L, RaftCore.Recovered.fresh(genesis), 1_000_000_000L);
    }

    private static Entry configuration(long index, long term, Configuration configuration) {
        return Entry.of(
                index, term, Entry.encodeBody(Entry.Type.CONFIGURATION, 0, ConfigurationCodec.encode(configuration)));
    }

    private static Entry noOp(long index, long term) {
        return Entry.of(index, term, Entry.encodeBody(Entry.Type.NO_OP, 0, Bytes.EMPTY));
    }

    /** All that {@code core} does about a message, its disk being quick. */
    private static List<Effect> receive(RaftCore core, ReplicaId from, Message message) {
        List<Effect> effects = new ArrayList<>(core.step(1_000_000_000L, new Input.Receive(from, message)));
        for (Effect effect : List.copyOf(effects)) {
            if (effect instanceof Effect.Persist persist) {
                effects.addAll(core.step(1_000_000_000L, new Input.Persisted(persist.sequence())));
            }
        }
        return effects;
    }

    private static List<Message> answers(List<Effect> effects) {
        return effects.stream()
                .filter(Effect.Send.class::isInstance)
                .map(effect -> ((Effect.Send) effect).message())
                .toList();
    }

    @Test
    void refusesAConfigurationThatIsNone() {
        RaftCore core = core(B, ABC);
        Bytes cut = ConfigurationCodec.encode(ABC).slice(0, 20);
        Entry nonsense = Entry.of(1, 1, Entry.encodeBody(Entry.Type.CONFIGURATION, 0, cut));

        List<Effect> effects = receive(core, A, new Message.AppendEntries(1, 0, 0, 0, 0, List.of(nonsense)));

        assertThat(effects).hasAtLeastOneElementOfType(Effect.Alarm.class);
        assertThat(core.lastIndex()).isZero();
        assertThat(core.configuration()).isEqualTo(ABC);
    }

    @Test
    void twoConfigurationsAreTakenBackAtOnce() {
        RaftCore core = core(C, ABC);
        Configuration joint = new Configuration(set(A, B, D), set(A, B, C), set(), 1);
        Configuration without = new Configuration(set(A, B, D), set(), set(), 1);
        receive(
                core,
                A,
                new Message.AppendEntries(
                        1, 0, 0, 0, 0, List.of(configuration(1, 1, joint), configuration(2, 1, without))));
        assertThat(core.configuration()).isEqualTo(without);
        assertThat(core.role()).isEqualTo(Role.LEARNER);

        List<Effect> effects = receive(core, B, new Message.AppendEntries(2, 0, 0, 0, 0, List.of(noOp(1, 2))));

        assertThat(core.configuration()).isEqualTo(ABC);
        assertThat(core.role()).isEqualTo(Role.FOLLOWER);
        assertThat(effects).contains(new Effect.Truncated(1), new Effect.ConfigurationChanged(0, ABC));
    }

    @Test
    void oneOfTwoConfigurationsIsTakenBack() {
        RaftCore core = core(C, ABC);
        Configuration joint = new Configuration(set(A, B, D), set(A, B, C), set(), 1);
        Configuration without = new Configuration(set(A, B, D), set(), set(), 1);
        receive(
                core,
                A,
                new Message.AppendEntries(
                        1, 0, 0, 1, 0, List.of(configuration(1, 1, joint), configuration(2, 1, without))));

        receive(core, B, new Message.AppendEntries(2, 1, 1, 1, 0, List.of(noOp(2, 2))));

        assertThat(core.configuration()).isEqualTo(joint);
        assertThat(core.role()).isEqualTo(Role.FOLLOWER);
    }

    @Test
    void whoKnowsNothingDoesNotVote() {
        RaftCore core = core(D, Configuration.EMPTY);
        assertThat(answers(receive(core, A, new Message.RequestVote(5, true, false, 9, 4))))
                .containsExactly(new Message.VoteResponse(0, true, false));
        assertThat(answers(receive(core, A, new Message.RequestVote(5, false, false, 9, 4))))
                .containsExactly(new Message.VoteResponse(5, false, false));
        core.step(10_000_000_000L, new Input.Tick());
        assertThat(core.role()).isEqualTo(Role.LEARNER);
    }

    @Test
    void aLearnerVotesAndNeverCampaigns() {
        RaftCore core = core(D, Configuration.EMPTY);
        Configuration learns = new Configuration(set(A, B, C), set(), set(D), 1);
        receive(core, A, new Message.AppendEntries(1, 0, 0, 0, 0, List.of(configuration(1, 1, learns))));
        core.step(10_000_000_000L, new Input.Tick());
        assertThat(core.role()).isEqualTo(Role.LEARNER);
        receive(core, A, new Message.TimeoutNow(1));
        assertThat(core.role()).isEqualTo(Role.LEARNER);
        assertThat(answers(receive(core, B, new Message.RequestVote(2, false, true, 1, 1))))
                .containsExactly(new Message.VoteResponse(2, false, true));
    }

    @Test
    void believesThatItIsLeftOutOnlyFromAConfigurationItDoesNotKnow() {
        RaftCore core = core(C, ABC);
        receive(core, A, new Message.AppendEntries(1, 0, 0, 0, 0, List.of(noOp(1, 1), configuration(2, 1, ABC))));
        // The sender is behind: it does not know yet that this replica was added.
        assertThat(receive(core, B, new Message.Removed(1, 1))).isEmpty();
        assertThat(core.role()).isEqualTo(Role.FOLLOWER);

        List<Effect> effects = receive(core, B, new Message.Removed(1, 3));

        assertThat(effects).contains(new Effect.Removed(3));
        assertThat(answers(effects)).containsExactly(new Message.RemovedResponse(1, 3));
        assertThat(core.role()).isEqualTo(Role.LEARNER);
        // Told again, it says so again, and does nothing else.
        assertThat(receive(core, B, new Message.Removed(1, 3)))
                .containsExactly(new Effect.Send(B, new Message.RemovedResponse(1, 3)));
        // A later configuration that names it counts more.
        receive(core, A, new Message.AppendEntries(1, 2, 1, 0, 0, List.of(noOp(3, 1), configuration(4, 1, ABC))));
        assertThat(core.role()).isEqualTo(Role.FOLLOWER);
    }

    /** Nobody sends it the entries that would cut that one: it is no member any more. */
    @Test
    void believesThatItIsLeftOutThoughADeposedLeaderNamedItLater() {
        RaftCore core = core(C, ABC);
        receive(core, A, new Message.AppendEntries(1, 0, 0, 0, 0, List.of(noOp(1, 1), noOp(2, 1), noOp(3, 1))));
        Configuration abcd = ABC.next(set(A, B, C), set(), set(D), 1);
        receive(core, A, new Message.AppendEntries(1, 3, 1, 0, 0, List.of(configuration(4, 1, abcd))));

        List<Effect> effects = receive(core, B, new Message.Removed(2, 3));

        assertThat(effects).contains(new Effect.Removed(3));
        assertThat(answers(effects)).containsExactly(new Message.RemovedResponse(1, 3));
        // And asks for nothing any more.
        assertThat(core.role()).isEqualTo(Role.LEARNER);
        assertThat(core.step(10_000_000_000L, new Input.Tick())).isEmpty();
    }

    @Test
    void tellsACandidateThatIsLeftOutWhatIsCommittedAndNothingElse() {
        RaftCore core = core(A, ABC);
        Configuration ab = ABC.next(set(A, B), set(), set(), 1);
        Message asks = new Message.RequestVote(9, true, false, 0, 0);
        receive(core, B, new Message.AppendEntries(1, 0, 0, 0, 0, List.of(configuration(1, 1, ab))));
        assertThat(answers(receive(core, C, asks))).noneMatch(Message.Removed.class::isInstance);

        receive(core, B, new Message.AppendEntries(1, 1, 1, 1, 0, List.of()));

        assertThat(answers(receive(core, C, asks))).contains(new Message.Removed(1, 1));
        assertThat(answers(receive(core, B, asks))).noneMatch(Message.Removed.class::isInstance);
        // One that is no member may be about to become one.
        assertThat(answers(receive(core, D, asks))).noneMatch(Message.Removed.class::isInstance);
    }

    @Test
    void aGroupIsNeverWithoutVoters() {
        assertThatThrownBy(() -> new Input.ChangeMembers(1, new TreeSet<>(), 1))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void jointQuorumsNeedBothMajorities() {
        Configuration joint = new Configuration(set(C, D), set(A, B, C), set(), 1);
        assertThat(joint.hasQuorum(set(A, B)::contains)).isFalse();
        assertThat(joint.hasQuorum(set(C, D)::contains)).isFalse();
        assertThat(joint.hasQuorum(set(A, C, D)::contains)).isTrue();
        assertThat(joint.hasQuorum(set(A, B, C, D)::contains)).isTrue();
        assertThat(Configuration.EMPTY.hasQuorum(id -> true)).isFalse();
    }
}
