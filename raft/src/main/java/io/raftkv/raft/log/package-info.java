/** The segmented, checksummed log that all groups of a server share, and the disk below it. */
@NullMarked
package io.raftkv.raft.log;

import org.jspecify.annotations.NullMarked;
