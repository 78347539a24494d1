package io.raftkv.cli.bench;

/**
 * How much load to make, and of what kind.
 *
 * @param workload what the operations are
 * @param clients each has connections of its own
 * @param inFlight per client: so many batches are waited for at the same time
 * @param pipeline commands of a batch: sent together, and all answered before the next batch goes
 * @param valueBytes of each value
 * @param keys how many different ones; chosen at random, evenly
 * @param rate commands per second of all lanes together; 0: as many as they can
 * @param seconds measured, after {@code warmupSeconds} that are not
 */
record Plan(
        Workload workload,
        int clients,
        int inFlight,
        int pipeline,
        int valueBytes,
        int keys,
        int rate,
        int seconds,
        int warmupSeconds) {
    private static final int SLOWEST_SECONDS = 5;

    /** What the operations are. */
    enum Workload {
        SET,
        GET,
        /** Half of each. */
        MIXED
    }

    Plan {
        if (clients < 1
                || inFlight < 1
                || pipeline < 1
                || valueBytes < 0
                || keys < 1
                || rate < 0
                || seconds < 1
                || warmupSeconds < 0) {
            throw new IllegalArgumentException("--clients, --in-flight, --pipeline, --keys and --seconds must be"
                    + " at least 1, --value-size, --rate and --warmup at least 0");
        }
        if (rate > 0 && rate * (long) SLOWEST_SECONDS < (long) clients * inFlight * pipeline) {
            throw new IllegalArgumentException(
                    "--rate " + rate + " is too little for so many lanes: each would send less than once in "
                            + SLOWEST_SECONDS + " s; take fewer of --clients, --in-flight or --pipeline");
        }
    }

    int lanes() {
        return clients * inFlight;
    }
}
