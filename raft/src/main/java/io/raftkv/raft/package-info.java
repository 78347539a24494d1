/** The Raft library: its public API. See {@link io.raftkv.raft.StateMachine} for what a user writes. */
@NullMarked
package io.raftkv.raft;

import org.jspecify.annotations.NullMarked;
