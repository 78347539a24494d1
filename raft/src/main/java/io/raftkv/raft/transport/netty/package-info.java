/** Frames over TCP with Netty. */
@NullMarked
package io.raftkv.raft.transport.netty;

import org.jspecify.annotations.NullMarked;
