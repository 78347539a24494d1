/** The pure consensus core: decides everything, does nothing. No clock, thread, I/O, chance or hash order. */
@NullMarked
package io.raftkv.raft.core;

import org.jspecify.annotations.NullMarked;
