/**
 * The segmented, checksummed log that all groups of a server share, and the disk below it. Recovery tells a torn tail from
 * damage and refuses the latter.
 *
 * <p>{@link io.raftkv.raft.log.SharedLog} is what the driver uses, {@link io.raftkv.raft.log.Disk} the seam at which the
 * simulator puts its own; {@link io.raftkv.raft.log.FileDisk} is the real one. Not here: when to write, what to keep, and
 * snapshots. The layout is in {@code docs/format.md}.
 *
 * <p>Threads: none of its own. Everything but reading runs on the log executor.
 */
@NullMarked
package io.raftkv.raft.log;

import org.jspecify.annotations.NullMarked;
