/**
 * How clients are served: the commands of the protocol, their way to the leader, sessions and their events.
 *
 * <p>Everything but the parsing of commands lives on the loop of the Raft group. {@link
 * io.raftkv.coordinator.front.Front} puts the parts together: {@link io.raftkv.coordinator.front.Router} brings a request
 * to the leader and waits for one; {@code LeaderDesk} carries it out there; {@code SessionWatch} ends silent sessions;
 * {@code Heartbeats} gathers signs of life; {@code Bindings} pushes events from this node's own applied state.
 */
@NullMarked
package io.raftkv.coordinator.front;

import org.jspecify.annotations.NullMarked;
