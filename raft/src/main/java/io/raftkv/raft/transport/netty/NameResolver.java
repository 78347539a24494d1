package io.raftkv.raft.transport.netty;

import io.netty.resolver.AddressResolver;
import io.netty.resolver.AddressResolverGroup;
import io.netty.resolver.InetNameResolver;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.Promise;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;

/**
 * Asks the system for the addresses of names on a thread of its own: it may take seconds, and the loop that wants to
 * connect carries all groups. At most one question per link waits, as a link connects once at a time.
 *
 * <p>Threads: any.
 */
final class NameResolver extends AddressResolverGroup<InetSocketAddress> {
    private final ExecutorService thread =
            Executors.newSingleThreadExecutor(new DefaultThreadFactory("raftkv-raft-resolver", true));

    @Override
    protected AddressResolver<InetSocketAddress> newResolver(EventExecutor executor) {
        return new InetNameResolver(executor) {
            @Override
            protected void doResolve(String host, Promise<InetAddress> promise) {
                ask(() -> InetAddress.getByName(host), promise);
            }

            @Override
            protected void doResolveAll(String host, Promise<List<InetAddress>> promise) {
                ask(() -> Arrays.asList(InetAddress.getAllByName(host)), promise);
            }
        }.asAddressResolver();
    }

    private <T> void ask(Callable<T> question, Promise<T> promise) {
        try {
            thread.execute(() -> {
                try {
                    promise.trySuccess(question.call());
                } catch (UnknownHostException e) {
                    promise.tryFailure(new UnknownHostException("no address of " + e.getMessage()));
                } catch (Exception e) {
                    promise.tryFailure(e);
                }
            });
        } catch (RejectedExecutionException closed) {
            promise.tryFailure(closed);
        }
    }

    @Override
    public void close() {
        thread.shutdownNow();
        super.close();
    }
}
