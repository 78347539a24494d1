/**
 * The Redis protocol, RESP2 and RESP3, over Netty: one codec for both sides, a server ({@link
 * io.raftkv.resp.RespServer}, to which a program gives a {@link io.raftkv.resp.RespHandler}), a pipelining client
 * ({@link io.raftkv.resp.RespClient}), and the commands every server has ({@link io.raftkv.resp.ConnectionCommands},
 * {@link io.raftkv.resp.CommandTable}). It knows nothing of keys, shards or Raft.
 *
 * <p>Threads: a connection belongs to one Netty event loop, on which handlers run; they must never block.
 */
@NullMarked
package io.raftkv.resp;

import org.jspecify.annotations.NullMarked;
