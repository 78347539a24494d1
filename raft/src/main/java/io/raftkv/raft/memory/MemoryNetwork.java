package io.raftkv.raft.memory;

import io.raftkv.raft.transport.Lane;
import io.raftkv.raft.transport.Transport;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The links between the servers of one JVM. A frame arrives at once, or never if its link is cut or its receiver is not
 * there.
 *
 * <pre>{@code
 * network.isolate(leader);  // the others elect a new one
 * network.heal();           // and the old one follows it
 * }</pre>
 *
 * <p>Threads: any.
 */
public final class MemoryNetwork {
    private record Link(long from, long to) {}

    private final Map<Long, Endpoint> endpoints = new ConcurrentHashMap<>();
    private final Set<Link> cut = ConcurrentHashMap.newKeySet();
    private final Set<Long> isolated = ConcurrentHashMap.newKeySet();

    /** The transport of one life of a server; replaces that of an earlier life. */
    public Transport transport(long server) {
        return new Endpoint(server);
    }

    /** Loses all that {@code from} sends to {@code to} from now on; the other direction works. */
    public void cut(long from, long to) {
        cut.add(new Link(from, to));
        tell(to, from, false);
    }

    /** Cuts {@code server} off from all others, in both directions. */
    public void isolate(long server) {
        isolated.add(server);
        for (long other : endpoints.keySet()) {
            if (other != server) {
                tell(server, other, false);
                tell(other, server, false);
            }
        }
    }

    /** Undoes all {@link #cut} and {@link #isolate}. */
    public void heal() {
        cut.clear();
        isolated.clear();
    }

    /** Whether a frame from one to the other would arrive now. */
    private boolean carries(long from, long to) {
        return !isolated.contains(from) && !isolated.contains(to) && !cut.contains(new Link(from, to));
    }

    private void tell(long server, long peer, boolean up) {
        Endpoint endpoint = endpoints.get(server);
        if (endpoint != null) {
            endpoint.linkChanged(peer, up);
        }
    }

    private final class Endpoint implements Transport {
        private final long server;
        /** Guarded by this, so that nothing arrives when {@link #close} has returned. */
        private @Nullable Receiver receiver;

        Endpoint(long server) {
            this.server = server;
        }

        @Override
        public void start(Receiver newReceiver) {
            synchronized (this) {
                receiver = newReceiver;
            }
            endpoints.put(server, this);
        }

        @Override
        public void send(long peer, Lane lane, ByteBuffer frame) {
            Endpoint to = endpoints.get(peer);
            if (to != null && carries(server, peer)) {
                to.received(server, frame);
            }
        }

        /** Nothing ever waits. */
        @Override
        public long queuedBytes(long peer) {
            return 0;
        }

        private synchronized void received(long from, ByteBuffer frame) {
            if (receiver != null) {
                receiver.received(from, frame);
            }
        }

        private synchronized void linkChanged(long peer, boolean up) {
            if (receiver != null) {
                receiver.linkChanged(peer, up);
            }
        }

        @Override
        public void close() {
            synchronized (this) {
                receiver = null;
            }
            if (endpoints.remove(server, this)) {
                endpoints.keySet().forEach(other -> tell(other, server, false));
            }
        }
    }
}
