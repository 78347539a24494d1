/**
 * The launcher {@code raftkv}: {@link io.raftkv.cli.Main} picks the sub-command, {@link io.raftkv.cli.Failures} turns
 * what goes wrong into a message and an exit code.
 *
 * <p>The sub-commands have packages of their own: {@code node} (processes that stay), {@code shell} and {@code ctl}
 * (lines typed by people and scripts), {@code bench}. None of them holds logic of the store.
 *
 * <p>Threads: commands run on the main thread; what else they start is said there.
 */
@NullMarked
package io.raftkv.cli;

import org.jspecify.annotations.NullMarked;
