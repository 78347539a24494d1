package io.raftkv.coordinator.state;

import io.raftkv.coordinator.wire.WireReader;
import io.raftkv.coordinator.wire.WireWriter;
import io.raftkv.raft.Bytes;
import io.raftkv.resp.RespValue;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One service: its array of slots, its leader and its events. It is never removed, because its epoch must not be
 * forgotten.
 *
 * <p>Threads: the group's loop.
 */
final class Service {
    private final List<@Nullable Slot> slots = new ArrayList<>();
    private EventHistory events = new EventHistory();
    private long textBytes;
    private int epoch;
    private long leader;

    EventHistory events() {
        return events;
    }

    int epoch() {
        return epoch;
    }

    boolean isLedBy(long session) {
        return leader != 0 && leader == session;
    }

    /**
     * A claim to lead: the larger epoch wins.
     *
     * @return whether it won, the epoch now in force, and the session that leads in it or 0
     */
    RespValue elect(long session, int claimed) {
        boolean won = claimed > epoch;
        if (won) {
            if (claimed - (long) epoch > Limits.MAX_EPOCH_RISE) {
                throw Refusal.refused("epoch " + claimed + " is more than " + Limits.MAX_EPOCH_RISE + " above " + epoch
                        + ", the one in force; claim " + (epoch + 1));
            }
            if (leader != 0 && leader != session) {
                events.add(Event.Kind.DEPOSED, List.of(number(epoch)), leader, 0);
            }
            epoch = claimed;
            leader = session;
        }
        return RespValue.array(RespValue.integer(won ? 1 : 0), RespValue.integer(epoch), RespValue.integer(leader));
    }

    /** Epochs that may have been won and lost are not given again: nobody leads, and the next one is far above. */
    void leaveGap() {
        epoch = (int) Math.min(Integer.MAX_VALUE - 1L, epoch + (long) Limits.RECOVERY_GAP);
        leader = 0;
    }

    /** Takes note that a session ended. */
    void sessionEnded(Session session) {
        Session.Member member = session.member();
        if (member != null) {
            events.add(Event.Kind.MEMBER_LEAVE, List.of(member.address()), 0, session.id());
        }
        if (isLedBy(session.id())) {
            leader = 0;
            events.add(Event.Kind.LEADER_FAILED, List.of(number(epoch)), 0, session.id());
        }
    }

    void memberJoined(Session session, Session.Member joined) {
        Session.Member before = session.member();
        if (joined.equals(before)) {
            return;
        }
        if (before != null) {
            events.add(Event.Kind.MEMBER_LEAVE, List.of(before.address()), 0, session.id());
        }
        events.add(Event.Kind.MEMBER_JOIN, List.of(number(joined.index()), joined.address()), 0, session.id());
    }

    RespValue setSlot(Command.SetSlot command) {
        int index = command.index();
        Slot before = index < slots.size() ? slots.get(index) : null;
        checkEpoch(command);
        Fence fence = checkFence(command, before);
        long grown = textBytes
                + command.text().length()
                - (before == null ? 0 : before.text().length());
        if (grown > Limits.MAX_SERVICE_BYTES) {
            throw Refusal.refused("the slots of service " + command.service() + " would hold " + grown
                    + " bytes; the limit is " + Limits.MAX_SERVICE_BYTES);
        }
        while (slots.size() <= index) {
            slots.add(null);
        }
        slots.set(index, new Slot(command.text().compact(), fence));
        textBytes = grown;
        if (before == null || !before.text().equals(command.text())) {
            events.add(Event.Kind.SLOT, List.of(number(index), command.text().compact()), 0, 0);
        }
        return RespValue.ok();
    }

    private void checkEpoch(Command.SetSlot command) {
        Command.EpochClaim claim = command.claim();
        if (claim == null) {
            return;
        }
        if (claim.epoch() != epoch) {
            throw Refusal.fenced(
                    "epoch " + claim.epoch() + (claim.epoch() < epoch ? " < " : " > ") + epoch + ", the one in force");
        }
        if (!isLedBy(claim.session())) {
            throw Refusal.fenced("session " + claim.session() + " does not lead in epoch " + epoch
                    + (leader == 0 ? "; nobody does" : "; session " + leader + " does"));
        }
    }

    /** The fence the slot will have. */
    private static @Nullable Fence checkFence(Command.SetSlot command, @Nullable Slot before) {
        Fence held = before == null ? null : before.fence();
        Fence offered = command.fence();
        if (held == null || command.force()) {
            return offered == null || (held != null && held.compareTo(offered) > 0) ? held : offered;
        }
        if (offered == null) {
            throw Refusal.fenced("slot " + command.index() + " is kept by a writer with a fence (" + held
                    + "); only a higher fence or FORCE (ctl setslot --force) changes it");
        }
        // An equal fence is the same writer again: a term has one leader.
        if (offered.compareTo(held) < 0) {
            throw Refusal.fenced(offered + " < " + held + " of slot " + command.index());
        }
        return offered;
    }

    RespValue slots() {
        List<RespValue> texts = new ArrayList<>(slots.size());
        for (Slot slot : slots) {
            texts.add(
                    slot == null ? RespValue.nil() : RespValue.bulk(slot.text().toArray()));
        }
        return RespValue.array(texts);
    }

    static Bytes number(long value) {
        return Bytes.utf8(Long.toString(value));
    }

    Service copy() {
        Service copy = new Service();
        copy.slots.addAll(slots);
        copy.events = events.copy();
        copy.textBytes = textBytes;
        copy.epoch = epoch;
        copy.leader = leader;
        return copy;
    }

    void write(WireWriter out) {
        out.i32(epoch).i64(leader).i32(slots.size());
        slots.forEach(slot -> out.optional(slot, Slot::write));
        events.write(out);
    }

    static Service read(WireReader in) {
        Service service = new Service();
        service.epoch = in.i32();
        service.leader = in.i64();
        int count = in.i32();
        for (int i = 0; i < count; i++) {
            Slot slot = in.optional(Slot::read);
            service.slots.add(slot);
            service.textBytes += slot == null ? 0 : slot.text().length();
        }
        service.events = EventHistory.read(in);
        return service;
    }
}
