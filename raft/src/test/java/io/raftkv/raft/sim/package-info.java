/**
 * Runs whole clusters on virtual time: the real driver, core, codec, log and snapshot files, over simulated threads,
 * clocks, network and disks, under faults and load. {@link io.raftkv.raft.sim.Simulation} is one run and
 * {@link io.raftkv.raft.sim.SimWorld} its time and chance; what must hold is in
 * {@link io.raftkv.raft.sim.Invariants}, {@link io.raftkv.raft.sim.FrameChecks} and
 * {@link io.raftkv.raft.sim.LinearizabilityChecker}, what goes wrong in {@link io.raftkv.raft.sim.Nemesis}.
 *
 * <p>Many runs: {@code ./mvnw -pl raft test -Dtest=SimulationTest -Dsim.seeds=1000}. One run with all that happens in it:
 * {@code -Dsim.seed=7}.
 */
package io.raftkv.raft.sim;
