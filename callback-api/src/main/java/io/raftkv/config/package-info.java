/**
 * Configuration files of the coordinator, the server and the clients: strict loading from XML and YAML.
 *
 * <p>One table per file names every setting with its type, default, range and
 * meaning; loading, checks and the reference document {@code config/REFERENCE.md} come from it. A key that is not in
 * the table is an error, as is everything else that would otherwise be ignored in silence.
 *
 * <p>Threads: everything here is immutable or confined to the thread that loads.
 */
@NullMarked
package io.raftkv.config;

import org.jspecify.annotations.NullMarked;
