/**
 * The commands on keys: what a client may ask, how a write is encoded for the log, and what it does to an engine.
 *
 * <p>A write is checked and encoded where it arrives ({@link io.raftkv.kvserver.command.WriteEncoder}), and applied on
 * every replica from the encoded bytes alone ({@link io.raftkv.kvserver.command.WriteApplier}). Knows neither Raft's
 * groups nor connections. Threads: any; nothing here has a state.
 */
@NullMarked
package io.raftkv.kvserver.command;

import org.jspecify.annotations.NullMarked;
