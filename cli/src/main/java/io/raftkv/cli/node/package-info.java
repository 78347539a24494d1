/**
 * Processes that stay: coordinator, server, and a whole cluster in one.
 *
 * <p>Threads: the main thread, unless a class says otherwise.
 */
@NullMarked
package io.raftkv.cli.node;

import org.jspecify.annotations.NullMarked;
