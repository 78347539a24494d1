package io.raftkv.coordinator.jgroups;

import io.raftkv.raft.transport.Lane;
import io.raftkv.raft.transport.Transport;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Raft's frames on the channel that the nodes have anyway, both lanes in one: the coordinator's snapshots are small. The channel is not closed with it.
 *
 * <p>Threads: any; the receiver is called on JGroups' threads.
 */
public final class JGroupsTransport implements Transport {
    private final NodeChannel channel;
    private volatile @Nullable Receiver receiver;

    public JGroupsTransport(NodeChannel channel) {
        this.channel = channel;
    }

    @Override
    public void start(Receiver started) {
        receiver = started;
        channel.reachable().forEach(node -> started.linkChanged(node, true));
    }

    @Override
    public void send(long server, Lane lane, ByteBuffer frame) {
        channel.send(server, FrameType.RAFT, frame);
    }

    @Override
    public long queuedBytes(long server) {
        return channel.queuedBytes(server);
    }

    /** A frame came; one that comes before the start is dropped, as frames may be. */
    public void received(long node, ByteBuffer body) {
        Receiver current = receiver;
        if (current != null) {
            current.received(node, body);
        }
    }

    /** A peer came or went. */
    public void linkChanged(long node, boolean up) {
        Receiver current = receiver;
        if (current != null) {
            current.linkChanged(node, up);
        }
    }

    @Override
    public void close() {
        receiver = null;
    }
}
