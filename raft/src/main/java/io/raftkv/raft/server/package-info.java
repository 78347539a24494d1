/**
 * The front door for programs that embed Raft: {@link io.raftkv.raft.server.RaftServer} puts a node together from a data
 * folder, an address and a list of peers, with safe settings. It decides nothing; whoever wants other parts (loops of
 * their own, another transport) puts a {@link io.raftkv.raft.driver.RaftNode} together by hand. Nothing in this module
 * depends on this package.
 */
@NullMarked
package io.raftkv.raft.server;

import org.jspecify.annotations.NullMarked;
