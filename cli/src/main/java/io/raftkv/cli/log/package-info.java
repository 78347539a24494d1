/**
 * Looks into the data folder of a server that does not run, and changes nothing: {@code raftkv log inspect} and
 * {@code raftkv log verify}. {@code raftkv log recover} changes it, if told to.
 *
 * <p>Threads: the main thread.
 */
@NullMarked
package io.raftkv.cli.log;

import org.jspecify.annotations.NullMarked;
