/**
 * What the coordinator's Raft group replicates: services with their slots, members, sessions and leader; the shard map;
 * the identities of servers; the first members of every shard; the results of recent requests.
 *
 * <p>Pure and deterministic: no clock but log time, no chance, no hash order, no I/O. Knows nothing of connections, nodes
 * or JGroups. {@link io.raftkv.coordinator.state.CoordinatorState} is the state machine, {@link
 * io.raftkv.coordinator.state.Command} what it is told, {@link io.raftkv.coordinator.state.Query} what it is asked.
 */
@NullMarked
package io.raftkv.coordinator.state;

import org.jspecify.annotations.NullMarked;
