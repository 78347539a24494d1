/**
 * A closed-loop load generator for this store and, side by side, for Redis.
 *
 * <p>Threads: the main thread, unless a class says otherwise.
 */
@NullMarked
package io.raftkv.cli.bench;

import org.jspecify.annotations.NullMarked;
