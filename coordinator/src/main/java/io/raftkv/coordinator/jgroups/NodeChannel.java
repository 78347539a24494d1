package io.raftkv.coordinator.jgroups;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import org.jgroups.Address;
import org.jgroups.BytesMessage;
import org.jgroups.JChannel;
import org.jgroups.Message;
import org.jgroups.Receiver;
import org.jgroups.View;
import org.jgroups.util.MessageBatch;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Frames between the nodes of a coordinator, over a JGroups channel. Nodes are known by their persistent ids; the address
 * that JGroups gave a node is learned from whatever it sent last.
 *
 * <p>Frames of one sender arrive in order. One that finds its peer unknown or its queue full is dropped.
 *
 * <p>Threads: any. The listener is called on JGroups' threads and must not block.
 */
public final class NodeChannel implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(NodeChannel.class);
    private static final long MAX_QUEUED_BYTES = 64L * 1024 * 1024;
    /** Hellos go to everyone, without credits and ahead of what is queued. */
    private static final Message.Flag[] HELLO_FLAGS = {Message.Flag.OOB, Message.Flag.NO_FC};

    private final Options options;
    private final Listener listener;
    private final JChannel channel;
    private final Map<Long, Address> addresses = new ConcurrentHashMap<>();
    private final Map<Long, Outbox> outboxes = new ConcurrentHashMap<>();
    private final Set<String> refusedOnce = ConcurrentHashMap.newKeySet();
    private final Outbox hellos;
    private volatile Set<Address> view = Set.of();
    private volatile UUID clusterId = FrameHeader.NO_CLUSTER;
    private volatile boolean closed;

    /**
     * Where and as whom to appear.
     *
     * @param clusterName channels of another name are not seen
     * @param node this node's id
     * @param host the address to listen at, and to look for neighbours at
     * @param port the port to listen at
     * @param peers where the peers listen; empty if they are to be found
     * @param known peers to ask besides, from an earlier life
     */
    public record Options(
            String clusterName,
            long node,
            String host,
            int port,
            List<InetSocketAddress> peers,
            List<InetSocketAddress> known) {
        public Options {
            peers = List.copyOf(peers);
            known = List.copyOf(known);
        }
    }

    /** Told what comes in. Threads: JGroups'; nothing here may block. */
    public interface Listener {
        /** A frame of this cluster came, or a hello of any. The body belongs to the listener. */
        void received(long node, FrameType type, ByteBuffer body);

        /** The view changed: who is not told of in hellos may want one. */
        void viewChanged();

        /** A peer came into reach or went out of it: a hint. */
        void linkChanged(long node, boolean up);
    }

    private NodeChannel(Options options, Listener listener, JChannel channel) {
        this.options = options;
        this.listener = listener;
        this.channel = channel;
        hellos = new Outbox("raftkv-coordinator-hello", MAX_QUEUED_BYTES, frame -> sendNow(null, frame, HELLO_FLAGS));
    }

    /**
     * Connects; returns once this node is in a view, alone or with others.
     *
     * @throws IOException if the port is taken, or the network cannot be used
     */
    public static NodeChannel open(Options options, Listener listener) throws IOException {
        JChannel channel;
        try {
            InetAddress host = InetAddress.getByName(options.host());
            channel =
                    new JChannel(ChannelStack.protocols(options.clusterName(), host, options.port(), options.peers()));
        } catch (IOException e) {
            throw e;
        } catch (Exception e) { // JChannel declares no narrower one.
            throw new IOException("cannot set up the channel between coordinator nodes: " + e.getMessage(), e);
        }
        NodeChannel opened = new NodeChannel(options, listener, channel);
        channel.setReceiver(opened.new Inlet());
        if (!options.known().isEmpty()) {
            opened.know(options.known());
        }
        try {
            channel.connect(options.clusterName());
        } catch (Exception e) { // The same.
            opened.close();
            throw new IOException(
                    "cannot open port " + options.port() + " of " + options.host()
                            + " for the other coordinator nodes: " + e.getMessage()
                            + "; if another process has it, choose another one with --jgroups-port",
                    e);
        }
        return opened;
    }

    /** From now on frames carry this cluster's id, and those of others are refused. */
    public void joinCluster(UUID cluster) {
        clusterId = cluster;
    }

    /**
     * Looks for these peers too from now on, in place of those known before. Whoever is found once stays in sight; this is for
     * the first time, and for after a long partition.
     */
    public void know(Collection<InetSocketAddress> peers) {
        List<InetSocketAddress> usable =
                peers.stream().filter(peer -> !peer.isUnresolved()).toList();
        ChannelStack.know(channel.getProtocolStack(), options.peers(), usable);
    }

    /** Sends to one node; returns false if the frame was dropped. */
    public boolean send(long node, FrameType type, ByteBuffer body) {
        if (closed || !addresses.containsKey(node)) {
            return false;
        }
        return outboxes.computeIfAbsent(node, this::newOutbox).offer(frame(type, body));
    }

    /** Sends to every node in the view. */
    public void sendHello(ByteBuffer body) {
        hellos.offer(frame(FrameType.HELLO, body));
    }

    /** Bytes that wait for a node. */
    public long queuedBytes(long node) {
        Outbox outbox = outboxes.get(node);
        return outbox == null ? 0 : outbox.queuedBytes();
    }

    /** The nodes that JGroups holds for alive, without this one. */
    public Set<Long> reachable() {
        Set<Long> nodes = new TreeSet<>();
        addresses.forEach((node, address) -> {
            if (view.contains(address)) {
                nodes.add(node);
            }
        });
        return nodes;
    }

    private Outbox newOutbox(long node) {
        String name = "raftkv-coordinator-send-" + Long.toHexString(node);
        return new Outbox(name, MAX_QUEUED_BYTES, frame -> {
            Address address = addresses.get(node);
            if (address != null) {
                // Straight to the socket: this thread is the peer's own, and waiting for company costs latency.
                sendNow(address, frame, Message.Flag.DONT_BUNDLE);
            }
        });
    }

    private ByteBuffer frame(FrameType type, ByteBuffer body) {
        ByteBuffer frame = ByteBuffer.allocate(FrameHeader.BYTES + body.remaining());
        new FrameHeader(type, clusterId, options.node()).putTo(frame);
        return frame.put(body).flip();
    }

    private void sendNow(@Nullable Address to, ByteBuffer frame, Message.Flag... flags) {
        try {
            channel.send(new BytesMessage(to, frame.array(), frame.arrayOffset() + frame.position(), frame.remaining())
                    .setFlag(flags));
        } catch (Exception e) { // JChannel declares no narrower one. The frame is lost, as frames may be.
            if (!closed) {
                LOG.debug("a frame to {} was lost", to == null ? "all" : to, e);
            }
        }
    }

    @Override
    public void close() {
        closed = true;
        hellos.close();
        outboxes.values().forEach(Outbox::close);
        channel.close();
        try {
            hellos.join();
            for (Outbox outbox : outboxes.values()) {
                outbox.join();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** What JGroups calls. */
    private final class Inlet implements Receiver {
        @Override
        public void receive(Message message) {
            byte[] array = message.getArray();
            if (array == null || channel.address().equals(message.getSrc())) {
                return;
            }
            ByteBuffer frame = ByteBuffer.wrap(array, message.getOffset(), message.getLength());
            FrameHeader header = FrameHeader.takeFrom(frame);
            if (header == null) {
                refuse("unreadable", "refused a frame of " + message.getSrc() + " that this release cannot read");
            } else if (header.node() == options.node()) {
                refuse("double", "another coordinator node has the id of this one; is its data folder a copy?");
            } else if (header.type() != FrameType.HELLO && clusterId.equals(FrameHeader.NO_CLUSTER)) {
                return; // This node is being brought in and does not know yet; the sender tries again.
            } else if (header.type() != FrameType.HELLO && !header.clusterId().equals(clusterId)) {
                refuse(
                        header.clusterId() + "/" + header.node(),
                        "refused frames of node " + Long.toHexString(header.node()) + ", which belongs to cluster "
                                + header.clusterId() + " and not to " + clusterId);
            } else {
                learn(header.node(), message.getSrc());
                listener.received(header.node(), header.type(), frame.slice());
            }
        }

        /** The inherited one would swallow whatever a frame's receiver throws. */
        @Override
        public void receive(MessageBatch batch) {
            for (Message message : batch) {
                receive(message);
            }
        }

        @Override
        public void viewAccepted(View accepted) {
            Set<Address> before = view;
            view = Set.copyOf(accepted.getMembers());
            addresses.forEach((node, address) -> {
                boolean up = view.contains(address);
                if (up != before.contains(address)) {
                    listener.linkChanged(node, up);
                }
            });
            listener.viewChanged();
        }

        private void learn(long node, Address address) {
            Address before = addresses.put(node, address);
            if (!address.equals(before)) {
                LOG.debug("node {} is at {}", Long.toHexString(node), address);
                listener.linkChanged(node, true);
            }
        }

        private void refuse(String key, String text) {
            // Bounded, since a stranger can make up as many keys as he likes.
            if (refusedOnce.size() < 100 && refusedOnce.add(key)) {
                LOG.warn("{}", text);
            }
        }
    }
}
