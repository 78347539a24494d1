package io.raftkv.callback;

import io.netty.channel.EventLoopGroup;
import io.raftkv.config.HostPort;
import io.raftkv.resp.RespValue;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** Requests to any coordinator node. */
public final class CoordinatorClient implements AutoCloseable {
    /** Opens a client with an event loop of its own. */
    public static CoordinatorClient open(ClientConfig config) {
        return Skeleton.missing();
    }

    /** Opens a client on one loop of a group, which it does not close. */
    public static CoordinatorClient open(ClientConfig config, EventLoopGroup shared) {
        return Skeleton.missing();
    }

    /** The cluster as the node sees it that answers. */
    public ClusterInfo info() {
        return Skeleton.missing();
    }

    /** The newest shard map. */
    public ShardMap query() {
        return Skeleton.missing();
    }

    /** An earlier shard map. */
    public ShardMap query(long version) {
        return Skeleton.missing();
    }

    /** Adds groups in one change; the new version. */
    public long join(SortedMap<Integer, List<String>> groups) {
        return Skeleton.missing();
    }

    /** Removes groups in one change; the new version. */
    public long leave(List<Integer> gids) {
        return Skeleton.missing();
    }

    /** Gives a shard to a group; the new version. */
    public long move(int shard, int gid) {
        return Skeleton.missing();
    }

    /** All slots of a service. */
    public List<@Nullable String> slots(String service) {
        return Skeleton.missing();
    }

    /** Sets a slot. */
    public void setSlot(String service, int idx, String info, boolean force) {
        Skeleton.missing();
    }

    /** Sets a slot with a fence. */
    public void setSlot(String service, int idx, String info, Fence fence) {
        Skeleton.missing();
    }

    /** The addresses of the members that live. */
    public List<String> alive(String service) {
        return Skeleton.missing();
    }

    /** The members that live. */
    public List<Member> members(String service) {
        return Skeleton.missing();
    }

    /** Binds an address to a server id. */
    public void bind(HostPort address, long serverId) {
        Skeleton.missing();
    }

    /** All genesis records. */
    public List<Genesis> genesis() {
        return Skeleton.missing();
    }

    /** The genesis record of a shard, if it has one. */
    public Optional<Genesis> genesis(int shard) {
        return Skeleton.missing();
    }

    /** Writes a shard's genesis record, unless it is there; the record. */
    public Genesis activate(int shard) {
        return Skeleton.missing();
    }

    /** The bound addresses with their server ids. */
    public Map<String, Long> servers() {
        return Skeleton.missing();
    }

    /** Any command. */
    public CompletableFuture<RespValue> call(String... args) {
        return Skeleton.missing();
    }

    @Override
    public void close() {}
}
