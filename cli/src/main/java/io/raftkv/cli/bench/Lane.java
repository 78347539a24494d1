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
 * A closed loop: sends a batch, waits for all its answers, sends the next.
 *
 * <p>Threads: the loop of its client.
 */
final class Lane {
    private static final int PAUSE_AFTER_ERROR_MS = 10;

    private final LoadClient client;
    private final Target target;
    private final Operations operations;
    private final int pipeline;
    private final Window window;
    private final Tally tally;
    private final SplittableRandom random;
    private final CompletableFuture<Void> ended = new CompletableFuture<>();
    private int waitingFor;
    private boolean failed;

    Lane(LoadClient client, Target target, Operations operations, int pipeline, Window window, Tally tally, long seed) {
        this.client = client;
        this.target = target;
        this.operations = operations;
        this.pipeline = pipeline;
        this.window = window;
        this.tally = tally;
        this.random = new SplittableRandom(seed);
    }

    /** Completes when the lane has its last answer. */
    CompletableFuture<Void> ended() {
        return ended;
    }

    void next() {
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
        long start = System.nanoTime();
        if (target.waitReplicas() > 0) {
            sendAndWait(batch, start);
        } else {
            batch.forEach(command -> send(command, start));
        }
    }

    private void send(byte[][] command, long start) {
        client.to(target.serverOf(command[1])).whenComplete((connection, broken) -> {
            if (connection == null) {
                answered(command, null, broken, start);
            } else {
                connection.send(command).whenComplete((reply, lost) -> answered(command, reply, lost, start));
            }
        });
    }

    /** Redis: the writes of the batch count when WAIT, sent behind them, says that enough replicas have them. */
    private void sendAndWait(List<byte[][]> batch, long start) {
        HostPort server = target.serverOf(batch.get(0)[1]);
        client.to(server).whenComplete((connection, broken) -> {
            if (connection == null) {
                batch.forEach(command -> answered(command, null, broken, start));
            } else {
                sendAndWait(connection, batch, start);
            }
        });
    }

    private void sendAndWait(RespClient connection, List<byte[][]> batch, long start) {
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
                answered(batch.get(i), answer, lost, start);
            }
        });
    }

    private void answered(byte[][] command, @Nullable RespValue reply, @Nullable Throwable lost, long start) {
        long now = System.nanoTime();
        if (reply instanceof RespValue.Error error) {
            target.refused(command[1], error);
            error(error.code(), now);
        } else if (reply == null) {
            error(cause(lost) instanceof ConnectionLost ? "CONNECTIONLOST" : "CONNECT", now);
        } else if (window.holds(now)) {
            tally.success(now - start);
        }
        if (--waitingFor == 0) {
            if (failed) {
                client.loop().schedule(this::next, PAUSE_AFTER_ERROR_MS, TimeUnit.MILLISECONDS);
            } else {
                next();
            }
        }
    }

    private void error(String code, long now) {
        failed = true;
        if (window.holds(now)) {
            tally.error(code);
        }
    }

    private static @Nullable Throwable cause(@Nullable Throwable failure) {
        return failure instanceof CompletionException ? failure.getCause() : failure;
    }
}
