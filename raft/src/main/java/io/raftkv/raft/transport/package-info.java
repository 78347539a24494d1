/** How frames travel between servers. */
@NullMarked
package io.raftkv.raft.transport;

import org.jspecify.annotations.NullMarked;
