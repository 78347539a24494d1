package io.raftkv.cli.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * CPU time of processes, user and system, from {@code /proc}.
 *
 * @param pids the processes
 */
record CpuMeter(List<Long> pids) {
    // USER_HZ, which Linux fixes for programs on all common machines.
    private static final long MICROS_PER_TICK = 10_000;

    /** The CPU time that all of them have used so far. */
    long micros() throws IOException {
        long ticks = 0;
        for (long pid : pids) {
            String stat = Files.readString(Path.of("/proc/" + pid + "/stat"));
            // The second field is the program's name in parentheses, which may hold blanks itself.
            String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
            ticks += Long.parseLong(fields[11]) + Long.parseLong(fields[12]);
        }
        return ticks * MICROS_PER_TICK;
    }
}
