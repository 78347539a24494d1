/**
 * Answers clients: the command table of a KV server and the handlers of its rows.
 *
 * <p>Begins at {@link io.raftkv.kvserver.service.KvHandler}. Threads: handlers run on the loop of the connection and do not
 * block.
 */
@NullMarked
package io.raftkv.kvserver.service;

import org.jspecify.annotations.NullMarked;
