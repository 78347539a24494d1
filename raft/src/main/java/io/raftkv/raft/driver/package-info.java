/** Executes what the core decides: loops, log, snapshots, transport. Decides nothing. */
@NullMarked
package io.raftkv.raft.driver;

import org.jspecify.annotations.NullMarked;
