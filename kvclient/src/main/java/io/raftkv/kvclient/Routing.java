package io.raftkv.kvclient;

import io.raftkv.callback.CoordinatorClient;
import io.raftkv.callback.KeySlot;
import io.raftkv.config.HostPort;
import io.raftkv.resp.RespValue;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Who leads which shard, as far as is known: the coordinator's slot array, corrected by the servers' MOVED. While the
 * coordinator is away any server says who leads.
 *
 * <p>Threads: any. The table is replaced as a whole; a correction that races with a refresh may be lost, and the server
 * then says MOVED again.
 */
final class Routing {
    /** The service under which the servers register. */
    static final String SERVICE = "kv";

    private static final int MAX_SEEN = 1_000;

    private static final Logger log = LoggerFactory.getLogger(Routing.class);

    private final CoordinatorClient coordinator;
    private final AtomicReference<Table> table = new AtomicReference<>(new Table(new HostPort[0]));
    /** Servers that led a shard at any time: whom to ask when the coordinator and a leader are away. */
    private final Set<HostPort> seen = ConcurrentHashMap.newKeySet();

    private final AtomicReference<@Nullable CompletableFuture<Void>> refreshing = new AtomicReference<>();

    Routing(CoordinatorClient coordinator) {
        this.coordinator = coordinator;
    }

    /** Learns the number of shards, which never changes, and the leaders. */
    CompletableFuture<Void> load() {
        return coordinator
                .call("COORD.INFO")
                .thenCompose(info -> slots(shardCount(info)))
                .thenAccept(this::replace);
    }

    private void replace(Table fresh) {
        remember(fresh.servers);
        table.set(fresh);
    }

    private void remember(List<HostPort> servers) {
        if (seen.size() < MAX_SEEN) {
            seen.addAll(servers);
        }
    }

    /** Reads the slot array again; calls that come while one is under way share it. A failure keeps the old table. */
    CompletableFuture<Void> refresh() {
        CompletableFuture<Void> mine = new CompletableFuture<>();
        CompletableFuture<Void> running = refreshing.compareAndExchange(null, mine);
        if (running != null) {
            return running;
        }
        slots(shards()).whenComplete((fresh, failure) -> {
            if (failure == null) {
                replace(fresh);
            } else {
                log.debug("the slot array could not be read; the old one is kept", failure);
            }
            refreshing.set(null);
            mine.complete(null);
        });
        return mine;
    }

    int shards() {
        return current().leaders.length;
    }

    int shardOf(byte[] key) {
        return KeySlot.shardOf(key, shards());
    }

    /** The leader of a shard as far as is known; null if none ever registered. */
    @Nullable
    HostPort leader(int shard) {
        return current().leaders[shard];
    }

    /** Any server, another one from call to call. */
    @Nullable
    HostPort any() {
        List<HostPort> all = servers();
        return all.isEmpty() ? null : all.get(ThreadLocalRandom.current().nextInt(all.size()));
    }

    /** A server that is not {@code lost} and may know who leads now, another one from call to call; null if none is known. */
    @Nullable
    HostPort otherThan(HostPort lost) {
        List<HostPort> others =
                seen.stream().filter(server -> !server.equals(lost)).toList();
        return others.isEmpty() ? null : others.get(ThreadLocalRandom.current().nextInt(others.size()));
    }

    /** All servers that lead a shard. */
    List<HostPort> servers() {
        return current().servers;
    }

    /** A server said that another one leads this shard. */
    void moved(int shard, HostPort leader) {
        remember(List.of(leader));
        table.updateAndGet(old -> old.with(shard, leader));
    }

    private Table current() {
        return Objects.requireNonNull(table.get());
    }

    private CompletableFuture<Table> slots(int shards) {
        return coordinator.call("SLOTS", SERVICE).thenApply(reply -> {
            List<RespValue> texts = reply.asList();
            @Nullable HostPort[] leaders = new HostPort[shards];
            for (int i = 0; i < Math.min(shards, texts.size()); i++) {
                leaders[i] =
                        texts.get(i).isNull() ? null : address(i, texts.get(i).asText());
            }
            return new Table(leaders);
        });
    }

    // A slot is free text and anyone may set it; a bad one must not take the other shards away.
    private static @Nullable HostPort address(int shard, String text) {
        try {
            return HostPort.parse(text);
        } catch (IllegalArgumentException e) {
            log.warn("slot {} holds '{}', which is no ip:port: {}", shard, text, e.getMessage());
            return null;
        }
    }

    private static int shardCount(RespValue info) {
        Map<String, RespValue> fields = info.asMap();
        RespValue shards = fields.get("shards");
        if (shards == null || shards.asLong() < 1) {
            throw new KvException("ERR", "the coordinator does not tell the number of shards: " + fields, false);
        }
        return (int) shards.asLong();
    }

    /** One state of the routing; {@code servers} is derived from it. */
    private static final class Table {
        private final @Nullable HostPort[] leaders;
        private final List<HostPort> servers;

        Table(@Nullable HostPort[] leaders) {
            this.leaders = leaders;
            LinkedHashSet<HostPort> distinct = new LinkedHashSet<>();
            for (HostPort leader : leaders) {
                if (leader != null) {
                    distinct.add(leader);
                }
            }
            this.servers = List.copyOf(new ArrayList<>(distinct));
        }

        Table with(int shard, HostPort leader) {
            if (shard >= leaders.length || leader.equals(leaders[shard])) {
                return this;
            }
            @Nullable HostPort[] changed = Arrays.copyOf(leaders, leaders.length);
            changed[shard] = leader;
            return new Table(changed);
        }
    }
}
