/** Plays text files of commands against bare cores and compares what comes of them, see {@link ScenarioTest}. */
package io.raftkv.raft.scenario;
