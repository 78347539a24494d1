/**
 * How the nodes of a coordinator find and reach each other: frames over a JGroups channel. The only package that knows
 * JGroups.
 *
 * <p>JGroups finds peers, keeps connections and suspects failures; it decides nothing. A view is a hint that a peer may be
 * reachable or gone. What is sent to a peer goes to the node id in its data folder, and JGroups' own addresses, which are
 * new after each start, are mapped to these as frames come in.
 *
 * <p>Main types: {@link io.raftkv.coordinator.jgroups.NodeChannel}, and {@link
 * io.raftkv.coordinator.jgroups.JGroupsTransport} for Raft's frames on it.
 */
@NullMarked
package io.raftkv.coordinator.jgroups;

import org.jspecify.annotations.NullMarked;
