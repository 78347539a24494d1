package io.raftkv.raft.driver;

import io.raftkv.raft.EventLoop;
import io.raftkv.raft.log.SharedLog;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Begins a new stretch of the life of a node from time to time, if anything was written in the present one. Threads: the first loop. */
final class LifeStretches {
    private final EventLoop loop;
    private final SharedLog log;
    private final Introductions introductions;
    private final long nanos;
    private EventLoop.@Nullable Scheduled next;
    private long recordsBefore;

    LifeStretches(RaftNodeOptions options, SharedLog log, Introductions introductions) {
        this.loop = options.loops().get(0);
        this.log = log;
        this.introductions = introductions;
        this.nanos = TimeUnit.MILLISECONDS.toNanos(options.raft().lifeStretchMs());
    }

    void start() {
        next = loop.schedule(nanos, () -> {
            long records = log.stats().records();
            if (records != recordsBefore) {
                recordsBefore = records;
                introductions.nextStretch();
            }
            start();
        });
    }

    void stop() {
        if (next != null) {
            next.cancel();
            next = null;
        }
    }
}
