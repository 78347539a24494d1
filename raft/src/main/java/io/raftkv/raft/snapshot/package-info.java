/**
 * Snapshot files: written, checked, sent in chunks, received, deleted. When to take one, and what the state in it means, is
 * decided elsewhere. {@link io.raftkv.raft.snapshot.SnapshotStore} is the way in; the layout is in {@code docs/format.md}.
 *
 * <p>Threads: none of its own; callers may wait for the disk, one at a time per group.
 */
@NullMarked
package io.raftkv.raft.snapshot;

import org.jspecify.annotations.NullMarked;
