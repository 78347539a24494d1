package io.raftkv.raft.sim;

import io.raftkv.raft.EventLoop;
import java.util.concurrent.TimeUnit;

/** An event loop on virtual time, with the clocks of its process. */
final class SimLoop extends SimThread implements EventLoop {
    private static final long WALL_START_MS = 1_700_000_000_000L;

    SimLoop(SimWorld world, SimProcess process, String name) {
        super(world, process, name);
    }

    @Override
    public boolean inLoop() {
        return world.current() == this;
    }

    @Override
    public long nowNanos() {
        return process.monotonicNanos(world.nowNanos());
    }

    @Override
    public long wallClockMs() {
        return WALL_START_MS + TimeUnit.NANOSECONDS.toMillis(world.nowNanos()) + process.wallOffsetMs();
    }

    @Override
    public Scheduled schedule(long delayNanos, Runnable task) {
        Timer timer = new Timer(task);
        long late = world.exponential(20_000);
        world.at(world.nowNanos() + (long) (delayNanos / process.clockRate()) + late, process, timer::due);
        return timer;
    }

    private final class Timer implements Scheduled {
        private Runnable task;

        Timer(Runnable task) {
            this.task = task;
        }

        void due() {
            if (task != null) {
                arrived(this::run);
            }
        }

        private void run() {
            if (task != null) {
                task.run();
            }
        }

        @Override
        public void cancel() {
            task = null;
        }
    }
}
