package io.raftkv.examples.rpc;

import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.raftkv.resp.RespClient;
import io.raftkv.resp.RespValue;
import java.io.PrintStream;
import java.net.ConnectException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Calls GETFRIENDS of a {@link Provider}: {@code Consumer host:port [times] [name]}. */
public final class Consumer {
    private static final int TIMEOUT_SECONDS = 5;

    // As many calls as a connection takes without an answer; all of them leave at once, then their answers are read.
    private static final int BATCH = RespClient.Options.DEFAULT.maxInFlight();

    private Consumer() {}

    /** Ends with exit code 0, or 1 if a call or the connection failed, or 2 if it was called wrongly. */
    public static void main(String[] args) {
        System.exit(run(args, System.out, System.err));
    }

    static int run(String[] args, PrintStream out, PrintStream err) {
        try {
            Address address = Address.parse(args.length > 0 ? args[0] : "");
            int times = args.length > 1 ? Integer.parseInt(args[1]) : 3;
            String name = args.length > 2 ? args[2] : "alice";
            return run(address, times, name, out, err);
        } catch (IllegalArgumentException e) {
            err.println("usage: Consumer host:port [times] [name]; " + e.getMessage());
            return 2;
        }
    }

    private static int run(Address address, int times, String name, PrintStream out, PrintStream err) {
        EventLoopGroup group = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
        try (RespClient client = RespClient.connect(group, address.host(), address.port(), RespClient.Options.DEFAULT)
                .get(TIMEOUT_SECONDS, TimeUnit.SECONDS)) {
            for (int done = 0; done < times; done += BATCH) {
                call(client, Math.min(BATCH, times - done), name, out);
            }
            return 0;
        } catch (ExecutionException e) {
            boolean refused = e.getCause() instanceof ConnectException;
            err.println(refused ? "connect fail: " + address + " refused" : "call failed: " + e.getCause());
        } catch (TimeoutException e) {
            err.println("no answer from " + address + " within " + TIMEOUT_SECONDS + " s");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            err.println("interrupted");
        } finally {
            group.shutdownGracefully(0, 1, TimeUnit.SECONDS).syncUninterruptibly();
        }
        return 1;
    }

    private static void call(RespClient client, int times, String name, PrintStream out)
            throws ExecutionException, InterruptedException, TimeoutException {
        List<CompletableFuture<RespValue>> answers = new ArrayList<>();
        for (int i = 0; i < times; i++) {
            answers.add(client.send("GETFRIENDS", name));
        }
        for (CompletableFuture<RespValue> answer : answers) {
            RespValue value = answer.get(TIMEOUT_SECONDS, TimeUnit.SECONDS);
            out.println(
                    value.isError()
                            ? "error: " + value.errorMessage()
                            : value.asList().stream().map(RespValue::asText).toList());
        }
    }
}
