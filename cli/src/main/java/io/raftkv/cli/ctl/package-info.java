/**
 * The shell of the coordinator: one class per command.
 *
 * <p>Threads: the main thread, unless a class says otherwise.
 */
@NullMarked
package io.raftkv.cli.ctl;

import org.jspecify.annotations.NullMarked;
