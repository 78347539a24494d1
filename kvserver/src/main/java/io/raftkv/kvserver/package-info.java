/**
 * A KV server: shards of keys, each replicated by a Raft group of its own, behind the Redis protocol.
 *
 * <p>Public API: {@link io.raftkv.kvserver.KvServer}. Sub-packages: {@code engine} (what a shard stores), {@code command}
 * (commands on keys), {@code shard} (one replica of one shard, and the way of a request through it), {@code cluster}
 * (identity, membership, routing). Clients, the coordinator and the command line are not here.
 */
@NullMarked
package io.raftkv.kvserver;

import org.jspecify.annotations.NullMarked;
