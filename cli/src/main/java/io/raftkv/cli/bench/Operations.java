package io.raftkv.cli.bench;

import java.nio.charset.StandardCharsets;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/** What to send next. Threads: any, each with its own random source. */
interface Operations {
    /** A command, or null at the end. */
    byte @Nullable [] @Nullable [] next(SplittableRandom random);

    /**
     * What became of a command.
     *
     * @param error the code of the error; null if there was none
     * @param now as {@link System#nanoTime}
     */
    default void answered(byte[][] command, @Nullable String error, long now) {}

    /** Without end, at random, as planned. */
    static Operations of(Plan plan) {
        byte[] value = value(plan.valueBytes());
        return random -> {
            byte[] key = key(random.nextInt(plan.keys()));
            boolean write =
                    switch (plan.workload()) {
                        case SET -> true;
                        case GET -> false;
                        case MIXED -> random.nextBoolean();
                    };
            return write ? new byte[][] {Words.SET, key, value} : new byte[][] {Words.GET, key};
        };
    }

    /** Writes each key once. */
    static Filling fill(Plan plan) {
        byte[] value = value(plan.valueBytes());
        return new Filling(plan.keys(), number -> new byte[][] {Words.SET, key(number), value});
    }

    private static byte[] key(int number) {
        return ("key:" + String.valueOf(1_000_000_000L + number).substring(1)).getBytes(StandardCharsets.US_ASCII);
    }

    // The same bytes for all, but not compressible: nothing may gain by their sameness.
    private static byte[] value(int bytes) {
        byte[] value = new byte[bytes];
        new SplittableRandom(1).nextBytes(value);
        return value;
    }

    /** Command names. */
    final class Words {
        static final byte[] SET = "SET".getBytes(StandardCharsets.US_ASCII);
        static final byte[] GET = "GET".getBytes(StandardCharsets.US_ASCII);

        private Words() {}
    }
}
