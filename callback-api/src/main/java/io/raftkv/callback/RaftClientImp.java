package io.raftkv.callback;

import java.util.ArrayList;
import org.jspecify.annotations.Nullable;

/**
 * What a service may ask of the coordinator; the part of {@link RaftClient} that callbacks are handed.
 *
 * <p>Unless said otherwise a method waits for its answer, for {@link ClientConfig#requestTimeoutMs()} at most, and throws
 * {@link CoordinatorException}, whose {@link CoordinatorException#mayHaveHappened()} tells whether what was asked may have
 * been done; see {@link CoordinatorClient} for the codes. Before {@link RaftClient#connect} every method throws {@link
 * IllegalStateException}.
 *
 * <p>Threads: any, those of callbacks included.
 */
public class RaftClientImp {
    private volatile @Nullable Link link;

    /** What a client has once it is connected. */
    record Link(CoordinatorClient coordinator, Session session) {
        String service() {
            return coordinator.config().service();
        }
    }

    RaftClientImp() {}

    void link(@Nullable Link made) {
        this.link = made;
    }

    @Nullable
    Link linkOrNull() {
        return link;
    }

    Link link() {
        Link made = link;
        if (made == null) {
            throw new IllegalStateException("the client is not connected; call connect first");
        }
        return made;
    }

    /**
     * Claims the lead of the service. The larger epoch wins, an equal or smaller one loses; epochs never go back. Returns
     * at once: the outcome is {@link RaftCallBack#onBecomeLeader} or {@link RaftCallBack#onSelectLeaderFailed}, exactly
     * one of them, however long the coordinator takes, unless the session ends before, which is {@link
     * RaftCallBack#onSessionLost}, or the client is closed.
     *
     * @param epoch not negative; at most 2^20 above the one in force
     * @throws CoordinatorException with the code SESSIONEXPIRED if the session has ended
     */
    public void electLeader(int epoch) {
        if (epoch < 0) {
            throw new IllegalArgumentException("epoch " + epoch + " is negative; allowed: from 0 up");
        }
        Session session = link().session();
        session.check();
        session.elect(epoch);
    }

    /**
     * Sets a slot, whoever leads, and grows the array to it if need be. Returns when that is committed.
     *
     * @param idx {@code [0, 65535]}
     * @param info up to 64 KiB in UTF-8
     * @throws CoordinatorException with the code FENCED if the slot was set with a fence
     * @throws IllegalArgumentException if an argument is out of range
     */
    public void setSlot(int idx, String info) {
        Link made = link();
        made.coordinator().set(made.service(), idx, info);
    }

    /**
     * As {@link #setSlot(int, String)}, but only if this client's session leads in exactly that epoch at the moment when
     * the coordinator decides. This is what makes a leader safe that was paused and replaced without noticing.
     *
     * @throws CoordinatorException with the code FENCED if it does not lead; nothing was changed then
     */
    public void setSlot(int idx, String info, int epoch) {
        Link made = link();
        made.session().check();
        String session = Long.toString(made.session().id());
        made.coordinator().set(made.service(), idx, info, "EPOCH", session, Integer.toString(epoch));
    }

    /**
     * As {@link #setSlot(int, String)}, but only if the slot's fence is not larger; the slot keeps this one. For writers
     * that are ordered by something else than this service's epochs.
     *
     * @throws CoordinatorException with the code FENCED if the slot's fence is larger; nothing was changed then
     */
    public void setSlot(int idx, String info, Fence fence) {
        Link made = link();
        made.coordinator().setSlot(made.service(), idx, info, fence);
    }

    /** All slots by index, null where nothing was set; a new list. Linearizable. */
    @SuppressWarnings("NonApiType") // The type is part of the interface as users know it.
    public ArrayList<@Nullable String> getCurrentSlot() {
        Link made = link();
        return new ArrayList<>(made.coordinator().slots(made.service()));
    }

    /** The addresses of the members that live, as they gave them; a new list. Linearizable. */
    @SuppressWarnings("NonApiType") // The type is part of the interface as users know it.
    public ArrayList<String> getCurrentAlive() {
        Link made = link();
        return new ArrayList<>(made.coordinator().alive(made.service()));
    }

    /**
     * Who leads, as far as this client was told by the outcomes of its claims and by {@link RaftCallBack#onLeaderFailed}.
     * Does not ask and does not wait. In {@link RaftCallBack#onSelectLeaderFailed} it tells which epoch to claim if
     * nobody leads.
     */
    public Leadership leadership() {
        return link().session().leadership();
    }

    /** The session, which the coordinator names in errors and member lists. */
    public long sessionId() {
        return link().session().id();
    }

    /** For other requests, over the same connection. It is closed with this client. */
    public CoordinatorClient coordinator() {
        return link().coordinator();
    }
}
