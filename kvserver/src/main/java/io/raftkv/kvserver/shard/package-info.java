/**
 * One replica of one shard, and the way of a client's request to it and back.
 *
 * <p>A request begins on the loop of its connection ({@link io.raftkv.kvserver.shard.ClientOrder} decides when), goes to
 * the loop of its shard ({@link io.raftkv.kvserver.shard.ShardGroup}), through Raft, and back. Where shards are, and who
 * tells the coordinator, is not decided here. Threads: each class says to which loop it belongs.
 */
@NullMarked
package io.raftkv.kvserver.shard;

import org.jspecify.annotations.NullMarked;
