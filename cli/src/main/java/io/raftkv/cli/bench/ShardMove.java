package io.raftkv.cli.bench;

import io.raftkv.callback.ClientConfig;
import io.raftkv.callback.CoordinatorClient;
import io.raftkv.callback.Placement;
import io.raftkv.config.HostPort;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Moves a shard to a group and sees when it is there.
 *
 * <p>Threads: {@link #run} on one of its own, as it waits; the rest before and after it.
 */
final class ShardMove implements AutoCloseable {
    private static final int PAUSE_MS = 20;

    private final CoordinatorClient coordinator;
    private final int shard;
    private final int gid;
    private @Nullable RuntimeException failure;

    private ShardMove(CoordinatorClient coordinator, int shard, int gid) {
        this.coordinator = coordinator;
        this.shard = shard;
        this.gid = gid;
    }

    /** @param wish as {@code SHARD:GID} */
    static ShardMove of(String wish, ClientConfig config) {
        if (!wish.matches("[0-9]{1,9}:[0-9]{1,9}")) {
            throw new IllegalArgumentException("--move takes a shard and a group, such as 0:2, not '" + wish + "'");
        }
        String[] numbers = wish.split(":", 2);
        return new ShardMove(
                CoordinatorClient.open(config), Integer.parseInt(numbers[0]), Integer.parseInt(numbers[1]));
    }

    int number() {
        return shard;
    }

    /** Moves it, and ends the window when it is there, or when it cannot be moved. */
    void run(Window window) {
        try {
            long version = coordinator.move(shard, gid);
            while (!isThere(version) && !window.over(System.nanoTime())) {
                new CountDownLatch(1).await(PAUSE_MS, TimeUnit.MILLISECONDS);
            }
            if (window.over(System.nanoTime())) {
                failure = new IllegalStateException(
                        "shard " + shard + " is still on its way; see: raftkv ctl explain " + shard);
            }
        } catch (RuntimeException e) {
            failure = e;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            failure = new IllegalStateException("interrupted while shard " + shard + " moved", e);
        } finally {
            window.end();
        }
    }

    private boolean isThere(long version) {
        List<String> wanted = coordinator.query(version).serversOf(shard);
        Map<String, Long> ids = new HashMap<>(coordinator.servers());
        Set<Long> servers = new HashSet<>();
        wanted.forEach(address -> servers.add(ids.get(HostPort.parse(address).toString())));
        for (Placement placement : coordinator.placements()) {
            if (placement.shard() == shard) {
                return placement.voters().keySet().equals(servers);
            }
        }
        return false;
    }

    /** Throws if it could not be moved. */
    void check() {
        if (failure != null) {
            throw failure;
        }
    }

    @Override
    public void close() {
        coordinator.close();
    }
}
