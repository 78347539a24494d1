package io.raftkv.cli.ctl;

import io.raftkv.callback.ClusterInfo;
import io.raftkv.callback.CoordinatorException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Waits until the cluster is as it should be, by asking again and again until a deadline. */
final class Waiting {
    private static final int PAUSE_MS = 50;

    private final CtlSession session;
    private final Duration longest;
    private final long deadline;

    Waiting(CtlSession session, Duration longest) {
        this.session = session;
        this.longest = longest;
        this.deadline = System.nanoTime() + longest.toNanos();
    }

    /** Until the coordinator has a leader; what it then says of itself. */
    ClusterInfo forLeader() {
        return until(
                () -> {
                    ClusterInfo info = session.coordinator().info();
                    return info.leader() == null ? null : info;
                },
                () -> "the coordinators have no leader");
    }

    /**
     * Until each shard that has a group serves from there.
     *
     * @param progress shown what is seen while it is not so
     */
    ClusterView forShards(Consumer<ClusterView> progress) {
        ClusterView[] last = new ClusterView[1];
        return until(
                () -> {
                    last[0] = ClusterView.read(session.coordinator(), session.loops());
                    progress.accept(last[0]);
                    return unready(last[0]).isEmpty() && registered(last[0]) ? last[0] : null;
                },
                () -> last[0] == null ? "the shard map cannot be read" : troubles(last[0]));
    }

    private static String troubles(ClusterView view) {
        List<String> unready = unready(view);
        return unready.isEmpty() ? "not all leaders have registered in the slot array" : String.join("; ", unready);
    }

    // Clients find a leader by its slot, which it fills after its election.
    private boolean registered(ClusterView view) {
        List<@Nullable String> slots = session.coordinator().slots(CtlSession.KV);
        return view.shards().stream()
                .allMatch(shard ->
                        shard.gid() == 0 || shard.number() < slots.size() && slots.get(shard.number()) != null);
    }

    private static List<String> unready(ClusterView view) {
        return view.shards().stream()
                .filter(shard -> shard.gid() != 0 && !shard.isInPlace())
                .map(shard -> "shard " + shard.number() + ": " + view.state(shard))
                .toList();
    }

    private <T> T until(Supplier<@Nullable T> attempt, Supplier<String> missing) {
        String trouble = "";
        while (true) {
            try {
                T reached = attempt.get();
                if (reached != null) {
                    return reached;
                }
                trouble = missing.get();
            } catch (CoordinatorException e) {
                trouble = e.getMessage() == null ? e.code() : e.getMessage();
            }
            if (System.nanoTime() - deadline >= 0) {
                throw new IllegalStateException("not ready after " + longest.toMillis() + " ms: " + trouble);
            }
            pause();
        }
    }

    private static void pause() {
        try {
            new CountDownLatch(1).await(PAUSE_MS, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while waiting", e);
        }
    }
}
