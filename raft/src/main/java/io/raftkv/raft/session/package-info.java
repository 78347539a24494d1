/**
 * Exactly-once commands (Raft §6.3): {@link SessionMachine} around the state machine of a group remembers what it answered;
 * {@link SessionExpiry} on the leader lets it forget clients that are gone; {@link Session} is the client's side.
 *
 * <p>A client registers and gets a session, numbers its commands, and sends a command again under the same number until it
 * gets an answer. What was executed is not executed again, but answered again. All of it is part of the replicated state: it
 * survives changes of leader, crashes and snapshots. Nothing here is about the network; {@link SessionLink} is the way to the
 * group. Formats are in docs/format.md.
 */
@NullMarked
package io.raftkv.raft.session;

import org.jspecify.annotations.NullMarked;
