/**
 * How the coordinator writes things down for itself: the primitives behind its commands in the log, its snapshots and the
 * frames between its nodes. Knows no command and no frame.
 */
@NullMarked
package io.raftkv.coordinator.wire;

import org.jspecify.annotations.NullMarked;
