package io.raftkv.callback;

import java.util.ArrayList;
import org.jspecify.annotations.Nullable;

/** What a client asks. */
public class RaftClientImp {
    RaftClientImp() {}

    /** Claims the lead; the outcome is a callback. */
    public void electLeader(int epoch) {
        Skeleton.missing();
    }

    /** Sets a slot; returns when that is committed. */
    public void setSlot(int idx, String info) {
        Skeleton.missing();
    }

    /** Sets a slot if this client leads in that epoch. */
    public void setSlot(int idx, String info, int epoch) {
        Skeleton.missing();
    }

    /** Sets a slot unless it has a larger fence. */
    public void setSlot(int idx, String info, Fence fence) {
        Skeleton.missing();
    }

    /** All slots, holes as null. */
    @SuppressWarnings("NonApiType") // The type is part of the interface as users know it.
    public ArrayList<@Nullable String> getCurrentSlot() {
        return Skeleton.missing();
    }

    /** The addresses of the members that live. */
    @SuppressWarnings("NonApiType") // The type is part of the interface as users know it.
    public ArrayList<String> getCurrentAlive() {
        return Skeleton.missing();
    }

    /** The session. */
    public long sessionId() {
        return Skeleton.missing();
    }

    /** For other requests, over the same connection. */
    public CoordinatorClient coordinator() {
        return Skeleton.missing();
    }
}
