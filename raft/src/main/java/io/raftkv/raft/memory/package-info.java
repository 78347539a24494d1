/**
 * A disk, a network and a loop in memory, for the tests of programs that embed Raft: several servers run in one JVM
 * without files or sockets, with real threads and real time. A network can be cut and healed; a disk outlives the server
 * that used it, so that a restart can be tested. Nothing here survives the JVM, so nothing here is for production.
 *
 * <p>The faults of real disks and networks (lost writes, torn writes, late and repeated frames) are not here: that is the
 * work of the simulator, on virtual time.
 */
@NullMarked
package io.raftkv.raft.memory;

import org.jspecify.annotations.NullMarked;
