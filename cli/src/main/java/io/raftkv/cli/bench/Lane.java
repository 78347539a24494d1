package io.raftkv.cli.bench;

import io.raftkv.config.HostPort;
import io.raftkv.resp.ConnectionLost;
import io.raftkv.resp.RespClient;
import io.raftkv.resp.RespValue;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Sends a batch, waits for all its answers, sends the next when its schedule says so. What the batch waited because the
 * one before it was late counts as its own latency, so that a slow server cannot hide how slow it was.
 *
 * <p>Threads: the loop of its client.
 */
final class Lane {
    /** Counted as the code of an error: the answer will not come. */
    static final String CONNECTION_LOST = "CONNECTIONLOST";

    /** Counted as the code of an error: nothing was sent. */
    static final String NOT_CONNECTED = "CONNECT";

    private static final int PAUSE_AFTER_ERROR_MS = 10;

    private final LoadClient client;
    private final Target target;
    private final Operations operations;
    private final int pipeline;
    private final Schedule schedule;
    private final Window window;
    private final Tally tally;
    private final SplittableRandom random;
    private final CompletableFuture<Void> ended = new CompletableFuture<>();
    private int waitingFor;
    private boolean failed;

    Lane(
            LoadClient client,
            Target target,
            Operations operations,
            int pipeline,
            Schedule schedule,
            Window window,
            Tally tally,
            long seed) {
        this.client = client;
        this.target = target;
        this.operations = operations;
        this.pipeline = pipeline;
        this.schedule = schedule;
        this.window = window;
        this.tally = tally;
        this.random = new SplittableRandom(seed);
    }

    /** Completes when the lane has its last answer. */
    CompletableFuture<Void> ended() {
        return ended;
    }

    void next() {
        long now = System.nanoTime();
        long due = schedule.next(now);
        if (due > now) {
            client.loop().schedule(() -> batch(System.nanoTime()), due - now, TimeUnit.NANOSECONDS);
        } else {
            batch(due);
        }
    }

    private void batch(long start) {
        List<byte[][]> batch = new ArrayList<>(pipeline);
        if (!window.over(System.nanoTime())) {
            for (int i = 0; i < pipeline; i++) {
                byte[][] command = operations.next(random);
                if (command != null) {
                    batch.add(command);
                }
            }
        }
        if (batch.isEmpty()) {
            ended.complete(null);
            return;
        }
        waitingFor = batch.size();
        failed = false;
        if (target.waitReplicas() > 0) {
            sendAndWait(batch, start);
        } else {
            batch.forEach(command -> send(command, start));
        }
    }

    private void send(byte[][] command, long start) {
        HostPort server = target.serverOf(command[1]);
        client.to(server).whenComplete((connection, broken) -> {
            if (connection == null) {
                answered(command, server, null, broken, start);
            } else {
                connection.send(command).whenComplete((reply, lost) -> answered(command, server, reply, lost, start));
            }
        });
    }

    /** Redis: the writes of the batch count when WAIT, sent behind them, says that enough replicas have them. */
    private void sendAndWait(List<byte[][]> batch, long start) {
        HostPort server = target.serverOf(batch.get(0)[1]);
        client.to(server).whenComplete((connection, broken) -> {
            if (connection == null) {
                batch.forEach(command -> answered(command, server, null, broken, start));
            } else {
                sendAndWait(server, connection, batch, start);
            }
        });
    }

    private void sendAndWait(HostPort server, RespClient connection, List<byte[][]> batch, long start) {
        List<CompletableFuture<RespValue>> replies = new ArrayList<>(batch.size());
        boolean writes = false;
        for (byte[][] command : batch) {
            replies.add(connection.send(command));
            writes |= command[0] == Operations.Words.SET;
        }
        CompletableFuture<RespValue> last = writes
                ? connection.send("WAIT", Integer.toString(target.waitReplicas()), "0")
                : replies.get(replies.size() - 1);
        last.whenComplete((reply, lost) -> {
            for (int i = 0; i < batch.size(); i++) {
                // A refused WAIT refuses the batch: nobody knows how many replicas have it.
                RespValue answer = lost != null
                        ? null
                        : reply.isError() ? reply : replies.get(i).join();
                answered(batch.get(i), server, answer, lost, start);
            }
        });
    }

    private void answered(
            byte[][] command, HostPort server, @Nullable RespValue reply, @Nullable Throwable lost, long start) {
        long now = System.nanoTime();
        String error = null;
        if (reply instanceof RespValue.Error refusal) {
            target.refused(command[1], refusal);
            error = refusal.code();
        } else if (reply == null) {
            target.lost(command[1], server);
            error = cause(lost) instanceof ConnectionLost ? CONNECTION_LOST : NOT_CONNECTED;
        }
        operations.answered(command, error, now);
        failed |= error != null;
        tally.answered(error, now - start, window.holds(now));
        if (--waitingFor == 0) {
            if (failed) {
                client.loop().schedule(this::next, PAUSE_AFTER_ERROR_MS, TimeUnit.MILLISECONDS);
            } else {
                next();
            }
        }
    }

    private static @Nullable Throwable cause(@Nullable Throwable failure) {
        return failure instanceof CompletionException ? failure.getCause() : failure;
    }
}
