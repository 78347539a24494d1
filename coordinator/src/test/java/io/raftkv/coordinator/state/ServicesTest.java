package io.raftkv.coordinator.state;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.raftkv.raft.Bytes;
import io.raftkv.resp.RespValue;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Slots, sessions, members, leaders and the events about them. */
class ServicesTest {
    private final StateFixture fixture = new StateFixture(4);

    @Test
    void setSlotGrowsTheArrayAndHolesAreNull() {
        fixture.setSlot("default", 3, "a:1:3");
        assertThat(StateFixture.texts(fixture.state.slots("default"))).containsExactly("null", "null", "null", "a:1:3");
        assertThat(fixture.state.slots("other").asList()).isEmpty();
    }

    @Test
    void slotTextsComeBackByteForByte() {
        byte[] odd = new byte[Limits.MAX_SLOT_BYTES];
        for (int i = 0; i < odd.length; i++) {
            odd[i] = (byte) i;
        }
        fixture.ok(new Command.SetSlot("default", Limits.MAX_SLOT_INDEX, Bytes.wrap(odd), null, null, false));
        fixture.setSlot("default", 0, "|;: 中文");
        List<RespValue> slots = fixture.state.slots("default").asList();
        assertThat(slots.get(Limits.MAX_SLOT_INDEX)).isEqualTo(RespValue.bulk(odd));
        assertThat(slots.get(0).asText()).isEqualTo("|;: 中文");
    }

    @Test
    void slotsOutOfBoundsAreRefusedBeforeTheLog() {
        assertThatThrownBy(() -> fixture.setSlot("default", -1, "x"))
                .hasMessage("ERR slot index must be 0..65535, not -1");
        assertThatThrownBy(() -> fixture.setSlot("default", 65_536, "x")).hasMessageContaining("0..65535");
        assertThatThrownBy(() -> fixture.setSlot("default", 0, "x".repeat(65_537)))
                .hasMessageContaining("65536 bytes");
        assertThatThrownBy(() -> fixture.setSlot("no blanks", 0, "x")).hasMessageContaining("a service is named by");
    }

    @Test
    void theSlotsOfAServiceAreBoundedInSum() {
        String text = "x".repeat(Limits.MAX_SLOT_BYTES);
        int fitting = (int) (Limits.MAX_SERVICE_BYTES / Limits.MAX_SLOT_BYTES);
        for (int i = 0; i < fitting; i++) {
            assertThat(fixture.setSlot("default", i, text)).isEqualTo(RespValue.ok());
        }
        assertThat(fixture.setSlot("default", fitting, "x").errorMessage()).startsWith("REFUSED the slots of service");
        assertThat(fixture.setSlot("default", 0, "x")).isEqualTo(RespValue.ok());
        assertThat(fixture.setSlot("default", fitting, "x")).isEqualTo(RespValue.ok());
    }

    @Test
    void theLargerEpochWinsAndEqualOrSmallerLose() {
        long a = fixture.open("kv");
        long b = fixture.open("kv");
        assertThat(StateFixture.numbers(fixture.elect(a, 1))).containsExactly(1, 1, (int) a);
        assertThat(StateFixture.numbers(fixture.elect(b, 1))).containsExactly(0, 1, (int) a);
        assertThat(StateFixture.numbers(fixture.elect(b, 0))).containsExactly(0, 1, (int) a);
        assertThat(StateFixture.numbers(fixture.elect(b, 2))).containsExactly(1, 2, (int) b);
        assertThat(fixture.events("kv", a, 0)).containsExactly("deposed 1");
        assertThat(fixture.events("kv", b, 0)).isEmpty();
    }

    @Test
    void anEpochMayRiseByAtMostTwoToTheTwentieth() {
        long a = fixture.open("kv");
        assertThat(fixture.elect(a, Limits.MAX_EPOCH_RISE + 1).errorMessage()).startsWith("REFUSED epoch 1048577");
        assertThat(fixture.elect(a, Integer.MAX_VALUE).errorMessage()).startsWith("REFUSED");
        assertThat(fixture.elect(a, Limits.MAX_EPOCH_RISE).asList().get(0).asLong())
                .isEqualTo(1);
    }

    @Test
    void anEpochStandsAfterItsLeaderLeft() {
        long a = fixture.open("kv");
        long b = fixture.open("kv");
        fixture.elect(a, 5);
        fixture.ok(new Command.CloseSession(a));
        assertThat(fixture.events("kv", b, 0)).containsExactly("leader-failed 5");
        assertThat(StateFixture.numbers(fixture.elect(b, 5))).containsExactly(0, 5, 0);
        assertThat(StateFixture.numbers(fixture.elect(b, 6))).containsExactly(1, 6, (int) b);
    }

    @Test
    void onlyTheLeaderOfExactlyThisEpochPassesItsFence() {
        long a = fixture.open("kv");
        long b = fixture.open("kv");
        fixture.elect(a, 1);
        assertThat(claimed(a, 1)).isEqualTo(RespValue.ok());
        assertThat(claimed(b, 1).errorMessage()).isEqualTo("FENCED session 2 does not lead in epoch 1; session 1 does");
        fixture.elect(b, 2);
        assertThat(claimed(a, 1).errorMessage()).isEqualTo("FENCED epoch 1 < 2, the one in force");
        assertThat(claimed(b, 3).errorMessage()).isEqualTo("FENCED epoch 3 > 2, the one in force");
        fixture.ok(new Command.CloseSession(b));
        assertThat(claimed(b, 2).errorMessage()).isEqualTo("FENCED session 2 does not lead in epoch 2; nobody does");
    }

    private RespValue claimed(long session, int epoch) {
        return fixture.apply(new Command.SetSlot(
                "kv", 0, Bytes.utf8("by " + session), new Command.EpochClaim(session, epoch), null, false));
    }

    @Test
    void theHigherFenceOfASlotWins() {
        assertThat(fixture.setSlot("kv", 0, "old", new Fence(1, 7))).isEqualTo(RespValue.ok());
        assertThat(fixture.setSlot("kv", 0, "again", new Fence(1, 7))).isEqualTo(RespValue.ok());
        assertThat(fixture.setSlot("kv", 0, "late", new Fence(1, 6)).errorMessage())
                .isEqualTo("FENCED generation 1 term 6 < generation 1 term 7 of slot 0");
        assertThat(fixture.setSlot("kv", 0, "new", new Fence(2, 1))).isEqualTo(RespValue.ok());
        assertThat(fixture.setSlot("kv", 1, "other slot", new Fence(1, 1))).isEqualTo(RespValue.ok());
        assertThat(StateFixture.texts(fixture.state.slots("kv"))).containsExactly("new", "other slot");
    }

    @Test
    void aPlainWriteToAFencedSlotNeedsForceAndLeavesTheFence() {
        fixture.setSlot("kv", 0, "leader", new Fence(1, 7));
        assertThat(fixture.setSlot("kv", 0, "plain").errorMessage()).startsWith("FENCED slot 0 is kept by a writer");
        fixture.ok(new Command.SetSlot("kv", 0, Bytes.utf8("forced"), null, null, true));
        assertThat(fixture.setSlot("kv", 0, "late", new Fence(1, 6)).errorMessage())
                .startsWith("FENCED");
        assertThat(StateFixture.texts(fixture.state.slots("kv"))).containsExactly("forced");
    }

    @Test
    void membersJoinAndLeaveAndTheOthersAreTold() {
        long a = fixture.open("default");
        long b = fixture.open("default");
        long stranger = fixture.open("another");
        fixture.ok(new Command.JoinMember(b, 1, Bytes.utf8("host:2")));
        fixture.ok(new Command.JoinMember(a, 0, Bytes.utf8("host:1")));
        fixture.ok(new Command.JoinMember(a, 0, Bytes.utf8("host:1")));
        assertThat(StateFixture.texts(fixture.state.alive("default"))).containsExactly("host:1", "host:2");
        fixture.elect(b, 3);
        assertThat(fixture.state.members("default"))
                .isEqualTo(RespValue.array(
                        StateFixture.row(a, 0, "host:1", 0, 3), StateFixture.row(b, 1, "host:2", 1, 3)));
        fixture.ok(new Command.ExpireSessions(List.of(b, 99L)));
        assertThat(fixture.events("default", a, 0))
                .containsExactly("member-join 1 host:2", "member-leave host:2", "leader-failed 3");
        assertThat(fixture.events("default", b, 0)).containsExactly("member-join 0 host:1");
        assertThat(fixture.events("another", stranger, 0)).isEmpty();
        assertThat(StateFixture.texts(fixture.state.alive("default"))).containsExactly("host:1");
    }

    @Test
    void aMemberThatJoinsElsewhereLeavesItsOldPlace() {
        long a = fixture.open("default");
        long b = fixture.open("default");
        fixture.ok(new Command.JoinMember(a, 0, Bytes.utf8("host:1")));
        fixture.ok(new Command.JoinMember(a, 0, Bytes.utf8("host:9")));
        assertThat(fixture.events("default", b, 1)).containsExactly("member-leave host:1", "member-join 0 host:9");
    }

    @Test
    void anEndedSessionIsTurnedAwayEverywhere() {
        long a = fixture.open("default");
        fixture.ok(new Command.CloseSession(a));
        fixture.ok(new Command.CloseSession(a));
        assertThat(fixture.error(new Command.JoinMember(a, 0, Bytes.utf8("x")))).startsWith("SESSIONEXPIRED session 1");
        assertThat(fixture.elect(a, 1).errorMessage()).startsWith("SESSIONEXPIRED");
        assertThat(fixture.state.resumable("default", a, 0).errorMessage()).startsWith("SESSIONEXPIRED");
        assertThat(fixture.open("default")).isEqualTo(a + 1);
    }

    @Test
    void eventsAreKeptForThoseWhoReconnectUpToABound() {
        long a = fixture.open("default");
        for (int i = 0; i < 10; i++) {
            fixture.setSlot("default", 0, "v" + i);
        }
        assertThat(fixture.events("default", a, 7)).containsExactly("slot 0 v7", "slot 0 v8", "slot 0 v9");
        assertThat(fixture.state.resumable("default", a, 0)).isEqualTo(RespValue.ok());
        assertThat(fixture.state.resumable("another", a, 0).isError()).isTrue();
        for (int i = 0; i < Limits.MAX_HISTORY_EVENTS; i++) {
            fixture.setSlot("default", 0, "w" + i);
        }
        assertThat(fixture.state.resumable("default", a, 9).errorMessage()).startsWith("SESSIONEXPIRED events after 9");
        assertThat(fixture.state.resumable("default", a, 10)).isEqualTo(RespValue.ok());
    }

    @Test
    void eventsAreBoundedBySizeToo() {
        long a = fixture.open("default");
        for (int i = 0; i < 200; i++) {
            fixture.setSlot("default", 0, i + "x".repeat(60_000));
        }
        assertThat(fixture.state.eventsAfter("default", 100)).isNull();
        assertThat(fixture.state.eventsAfter("default", 150)).hasSize(50);
        assertThat(fixture.state.resumable("default", a, 100).isError()).isTrue();
    }

    @Test
    void anUnchangedSlotIsNoEvent() {
        long a = fixture.open("kv");
        fixture.setSlot("kv", 0, "same", new Fence(1, 1));
        fixture.setSlot("kv", 0, "same", new Fence(1, 2));
        assertThat(fixture.events("kv", a, 0)).containsExactly("slot 0 same");
    }
}
