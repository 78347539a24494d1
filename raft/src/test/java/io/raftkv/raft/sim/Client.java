package io.raftkv.raft.sim;

import java.util.random.RandomGenerator;

/** A client of one group, which has one request under way at a time, as its {@link Workload} sees it. */
public interface Client {
    /** Counted from 0 over all groups. */
    int id();

    /** The group that it talks to. */
    long group();

    /** The only source of chance. */
    RandomGenerator random();

    /** Virtual time since the run began. */
    long elapsedMs();

    /** Another number each time, counted from 0; together with {@link #id} unique in the run. */
    int nextNumber();

    /** The result of its last request of known outcome, or null. */
    Object lastResult();
}
