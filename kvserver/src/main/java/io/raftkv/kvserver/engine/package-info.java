/**
 * What a shard stores: keys and values in scan order, the state frozen for a snapshot, the snapshot's bytes.
 *
 * <p>Knows neither Raft nor the Redis protocol. Main types: {@link io.raftkv.kvserver.engine.MemoryEngine}, {@link
 * io.raftkv.kvserver.engine.Key}. Threads: an engine belongs to the loop of its shard; one background thread reads a
 * frozen state beside it.
 */
@NullMarked
package io.raftkv.kvserver.engine;

import org.jspecify.annotations.NullMarked;
