package io.raftkv.kvserver.shard;

import io.raftkv.config.HostPort;
import io.raftkv.resp.RespValue;
import org.jspecify.annotations.Nullable;

/**
 * Where shards and servers are, as far as this server knows.
 *
 * <p>Threads: any.
 */
public interface ShardDirectory {
    /** This server's replica of the shard that holds a hash slot, or null if it has none. */
    @Nullable
    ShardGroup groupOf(int hashSlot);

    /** The announced address of a server, or null if it is not known. */
    @Nullable
    HostPort addressOf(long serverId);

    /** What a client is told about a hash slot that this server has no replica of. */
    RespValue redirect(int hashSlot);
}
