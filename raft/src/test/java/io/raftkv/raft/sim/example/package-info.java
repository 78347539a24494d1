/**
 * How to simulate a state machine of one's own: a machine, a {@link io.raftkv.raft.sim.Workload} for it and a test. It uses
 * nothing of the simulator that is not public.
 */
package io.raftkv.raft.sim.example;
