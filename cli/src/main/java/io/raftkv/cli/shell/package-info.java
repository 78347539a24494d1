/**
 * The shell of the key-value store: lines, quoting, and how replies are shown.
 *
 * <p>Threads: the main thread, unless a class says otherwise.
 */
@NullMarked
package io.raftkv.cli.shell;

import org.jspecify.annotations.NullMarked;
