package io.raftkv.callback;

import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.util.concurrent.FastThreadLocalThread;
import io.netty.util.concurrent.Future;
import io.raftkv.config.HostPort;
import io.raftkv.resp.RespValue;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Requests to the coordinator. Any of its nodes will do: when one fails, or cannot reach the leader, the next one is
 * asked, after pauses that grow. A request has one deadline over all its attempts, {@link
 * ClientConfig#requestTimeoutMs()}. A writing request carries a number by which the coordinator knows a repeated one, so
 * it is carried out once at most, and its first result is what every attempt gets.
 *
 * <p>All blocking methods throw {@link CoordinatorException}: with the coordinator's code if it refused, with {@code
 * TIMEOUT}, {@code NOLEADER} or {@code BUSY} at the deadline, with {@code CLOSED} if the client is closed meanwhile, with
 * {@code INTERRUPTED} if the thread is interrupted. {@link CoordinatorException#mayHaveHappened()} tells whether the
 * request may have been carried out. What is read is linearizable, {@link #info} apart.
 *
 * <p>Opening a client connects to nothing yet; the first request does.
 *
 * <p>Threads: any. The blocking methods must not be called on the client's own event loop, and refuse it.
 */
public final class CoordinatorClient implements AutoCloseable {
    /** The largest index of a slot. */
    public static final int MAX_SLOT_INDEX = 65_535;

    /** The largest text of a slot, in bytes of UTF-8. */
    public static final int MAX_SLOT_BYTES = 64 * 1024;

    private static final AtomicInteger loops = new AtomicInteger();

    private final ClientConfig config;
    private final Requests requests;
    private final @Nullable EventLoopGroup ownGroup;

    private CoordinatorClient(ClientConfig config, EventLoopGroup group, @Nullable EventLoopGroup ownGroup) {
        this.config = config;
        this.requests = new Requests(group.next(), config);
        this.ownGroup = ownGroup;
    }

    /** Opens a client with an event loop of its own. */
    public static CoordinatorClient open(ClientConfig config) {
        EventLoopGroup group =
                new MultiThreadIoEventLoopGroup(1, CoordinatorClient::newThread, NioIoHandler.newFactory());
        return new CoordinatorClient(config, group, group);
    }

    private static Thread newThread(Runnable loop) {
        Thread thread = new FastThreadLocalThread(loop, "raftkv-callback-io-" + loops.incrementAndGet());
        thread.setDaemon(true);
        return thread;
    }

    /**
     * Opens a client on one loop of a group.
     *
     * @param shared NIO loops; they stay the caller's, and have to outlive the client
     */
    public static CoordinatorClient open(ClientConfig config, EventLoopGroup shared) {
        return new CoordinatorClient(config, shared, null);
    }

    /** The configuration it was opened with. */
    public ClientConfig config() {
        return config;
    }

    Requests requests() {
        return requests;
    }

    /** The cluster as the node sees it that answers; not linearizable. */
    public ClusterInfo info() {
        return ask(Answers::info, "COORD.INFO");
    }

    /** The coordinator's nodes, as its leader sees them. */
    public CoordinatorNodes nodes() {
        return ask(Answers::nodes, "COORD.NODES");
    }

    /**
     * Makes a new node of the coordinator a member. This returns once the wish is committed; the leader then brings it about, and
     * so does the next one: {@link #nodes} shows how far it is, and has no {@code change} any more when all is through.
     *
     * @param node the address at which it serves clients, or its id in hexadecimal
     * @return the version of the change
     * @throws CoordinatorException with the code NOTREADY if no new node is seen there yet, with REFUSED if the nodes are being
     *     changed already, or would be without a living majority
     */
    public long addNode(String node) {
        return ask(RespValue::asLong, "COORD.ADD", node);
    }

    /** Removes a node of the coordinator, alive or dead, or takes back that it is being added. As {@link #addNode}. */
    public long removeNode(String node) {
        return ask(RespValue::asLong, "COORD.REMOVE", node);
    }

    /**
     * Lets a new node take the place of a member, in one change. As {@link #addNode}.
     *
     * @param member the one that leaves, alive or dead
     * @param node the new one; may be at the same address
     */
    public long replaceNode(String member, String node) {
        return ask(RespValue::asLong, "COORD.REPLACE", member, node);
    }

    /** The newest shard map. */
    public ShardMap query() {
        return ask(Answers::shardMap, "QUERY");
    }

    /**
     * An earlier shard map.
     *
     * @param version from 0; one that is too old to be kept, or in the future, is an error
     */
    public ShardMap query(long version) {
        return ask(Answers::shardMap, "QUERY", Long.toString(version));
    }

    /**
     * Adds groups, or gives those that are there other servers, all in one change.
     *
     * @param groups each group's addresses by its number; they need not be running, and are kept as given, so that
     *     {@code :8088} stays {@code :8088} and means 127.0.0.1:8088
     * @return the new map's version
     */
    public long join(SortedMap<Integer, List<String>> groups) {
        List<String> args = new ArrayList<>(List.of("JOIN"));
        groups.forEach((gid, servers) -> args.addAll(List.of(gid.toString(), String.join(",", servers))));
        return ask(RespValue::asLong, args.toArray(String[]::new));
    }

    /**
     * Removes groups, all in one change.
     *
     * @return the new map's version
     */
    public long leave(List<Integer> gids) {
        List<String> args = new ArrayList<>(List.of("LEAVE"));
        gids.forEach(gid -> args.add(gid.toString()));
        return ask(RespValue::asLong, args.toArray(String[]::new));
    }

    /**
     * Gives a shard to a group.
     *
     * @return the new map's version
     */
    public long move(int shard, int gid) {
        return ask(RespValue::asLong, "MOVE", Integer.toString(shard), Integer.toString(gid));
    }

    /** All slots of a service, by index; null where nothing was ever set. A new list. */
    public List<@Nullable String> slots(String service) {
        return ask(Answers::nullableTexts, "SLOTS", service);
    }

    /**
     * Sets a slot, and grows the array to it if need be. Returns when that is committed.
     *
     * @param idx {@code [0, MAX_SLOT_INDEX]}
     * @param info up to {@link #MAX_SLOT_BYTES}
     * @param force even if the slot has a fence, which otherwise is an error FENCED
     */
    public void setSlot(String service, int idx, String info, boolean force) {
        if (force) {
            set(service, idx, info, "FORCE");
        } else {
            set(service, idx, info);
        }
    }

    /** The same with a fence: an error FENCED if the slot has a larger one. */
    public void setSlot(String service, int idx, String info, Fence fence) {
        set(service, idx, info, "FENCE", Long.toString(fence.generation()), Long.toString(fence.term()));
    }

    /** Sets a slot under a condition in the coordinator's words. */
    void set(String service, int idx, String info, String... condition) {
        if (idx < 0 || idx > MAX_SLOT_INDEX) {
            throw new IllegalArgumentException(
                    "slot index " + idx + " is out of range; allowed: 0 to " + MAX_SLOT_INDEX);
        }
        int bytes = info.getBytes(StandardCharsets.UTF_8).length;
        if (bytes > MAX_SLOT_BYTES) {
            throw new IllegalArgumentException(
                    "the text for slot " + idx + " has " + bytes + " bytes in UTF-8; allowed: up to " + MAX_SLOT_BYTES);
        }
        List<String> args = new ArrayList<>(List.of("SETSLOT", service, Integer.toString(idx), info));
        args.addAll(List.of(condition));
        tell(args.toArray(String[]::new));
    }

    /** The addresses of a service's living members. */
    public List<String> alive(String service) {
        return ask(Answers::texts, "ALIVE", service);
    }

    /** A service's living members. */
    public List<Member> members(String service) {
        return ask(answer -> Answers.list(answer, Answers::member), "MEMBERS", service);
    }

    /** Binds an address to a server id for good; an error ADDRESSBOUND if another id holds it. */
    public void bind(HostPort address, long serverId) {
        tell("SERVER.BIND", address.toString(), String.format("%016x", serverId));
    }

    /** All genesis records, by shard. */
    public List<Genesis> genesis() {
        return ask(answer -> Answers.list(answer, Answers::genesis), "GENESIS");
    }

    /** The genesis record of a shard, if it has one. */
    public Optional<Genesis> genesis(int shard) {
        return ask(answer -> Answers.list(answer, Answers::genesis), "GENESIS", Integer.toString(shard)).stream()
                .findFirst();
    }

    /**
     * Writes a shard's genesis record, unless there is one.
     *
     * @return the record that counts; an error NOTREADY names the servers of its group that are not known yet
     */
    public Genesis activate(int shard) {
        return ask(Answers::genesis, "ACTIVATE", Integer.toString(shard));
    }

    /** Where the opened shards are, as far as their leaders have told. */
    public List<Placement> placements() {
        return ask(answer -> Answers.list(answer, Answers::placement), "PLACEMENT");
    }

    /** Tells where a shard is; the newest configuration counts, whoever tells of it. */
    public void place(Placement placement) {
        tell(
                "PLACED",
                Integer.toString(placement.shard()),
                Long.toString(placement.generation()),
                Long.toString(placement.index()),
                Long.toString(placement.mapVersion()),
                replicas(placement.voters()),
                replicas(placement.retired()));
    }

    private static String replicas(SortedMap<Long, Long> replicas) {
        return replicas.isEmpty()
                ? "-"
                : replicas.entrySet().stream()
                        .map(replica -> Long.toHexString(replica.getKey()) + "/" + replica.getValue())
                        .collect(Collectors.joining(","));
    }

    /**
     * Lets another server take the place of the one at {@code address}, which lost its data: the next one that announces
     * itself there is filled by the other servers of its group.
     *
     * @return the new map's version
     */
    public long replaceServer(HostPort address) {
        return ask(RespValue::asLong, "SERVER.REPLACE", address.toString());
    }

    /** The bound addresses with their server ids. */
    public Map<String, Long> servers() {
        return ask(Answers::servers, "SERVER.LIST");
    }

    /**
     * Any command, without waiting. The future fails with a {@link CoordinatorException}, for an error answer too. It
     * completes on the common pool, not on the event loop; what depends on it may call this client and wait.
     */
    public CompletableFuture<RespValue> call(String... args) {
        CompletableFuture<RespValue> result = new CompletableFuture<>();
        requests.submit(config.requestTimeoutMs(), args.clone())
                .whenComplete((answer, failure) -> result.defaultExecutor().execute(() -> {
                    if (failure == null) {
                        result.complete(answer);
                    } else {
                        result.completeExceptionally(failure);
                    }
                }));
        return result;
    }

    private <T> T ask(Function<RespValue, T> reader, String... args) {
        return Answers.read(await(requests.submit(config.requestTimeoutMs(), args), args[0]), reader);
    }

    /** Asks for what is answered by OK. */
    void tell(String... args) {
        await(requests.submit(config.requestTimeoutMs(), args), args[0]);
    }

    /** Waits for what completes on the loop. */
    <T> T await(CompletableFuture<T> future, String what) {
        if (requests.onLoop()) {
            throw new IllegalStateException(what + " would block the client's event loop; use call() there");
        }
        try {
            // The loop keeps the deadline; should it have been shut down from outside, nobody does.
            return future.get(config.requestTimeoutMs() + 5_000L, TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            throw e.getCause() instanceof CoordinatorException known
                    ? known.here()
                    : new IllegalStateException(what + " failed", e.getCause());
        } catch (TimeoutException e) {
            throw new CoordinatorException(
                    CoordinatorException.TIMEOUT, what + " got no answer from the event loop; was it shut down?", true);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            future.cancel(false);
            throw new CoordinatorException(CoordinatorException.INTERRUPTED, "while waiting for " + what, true);
        }
    }

    /** Closes the connection. Open requests fail with the code CLOSED. */
    @Override
    public void close() {
        CompletableFuture<Void> done = new CompletableFuture<>();
        boolean alive = requests.run(() -> {
            requests.close();
            done.complete(null);
        });
        if (alive && !requests.onLoop()) {
            done.completeOnTimeout(null, 5, TimeUnit.SECONDS).join();
        }
        if (ownGroup != null) {
            Future<?> ended = ownGroup.shutdownGracefully(0, 1, TimeUnit.SECONDS);
            if (!requests.onLoop()) {
                ended.awaitUninterruptibly(5, TimeUnit.SECONDS);
            }
        }
    }
}
