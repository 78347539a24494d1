/**
 * The client of the key-value servers: {@link io.raftkv.kvclient.KvClient} finds the leader of a key's shard, pipelines
 * on one connection per server, follows moves and repeats what may be repeated, all within one deadline per call.
 *
 * <p>Not in here: the protocol ({@code io.raftkv.resp}) and the coordinator's client ({@code io.raftkv.callback}).
 *
 * <p>Threads: everything public may be used by any thread; callbacks of futures run on the client's callback thread,
 * never on an event loop.
 */
@NullMarked
package io.raftkv.kvclient;

import org.jspecify.annotations.NullMarked;
