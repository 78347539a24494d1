/** Snapshot files: written, checked, sent in chunks, installed. */
@NullMarked
package io.raftkv.raft.snapshot;

import org.jspecify.annotations.NullMarked;
