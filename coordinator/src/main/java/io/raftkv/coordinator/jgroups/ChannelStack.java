package io.raftkv.coordinator.jgroups;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jgroups.PhysicalAddress;
import org.jgroups.protocols.FD_ALL3;
import org.jgroups.protocols.FD_SOCK2;
import org.jgroups.protocols.FRAG4;
import org.jgroups.protocols.MERGE3;
import org.jgroups.protocols.MFC;
import org.jgroups.protocols.TCP;
import org.jgroups.protocols.TCPPING;
import org.jgroups.protocols.UFC;
import org.jgroups.protocols.UNICAST3;
import org.jgroups.protocols.VERIFY_SUSPECT2;
import org.jgroups.protocols.pbcast.GMS;
import org.jgroups.protocols.pbcast.NAKACK2;
import org.jgroups.protocols.pbcast.STABLE;
import org.jgroups.stack.IpAddress;
import org.jgroups.stack.Protocol;
import org.jgroups.stack.ProtocolStack;

/** The protocols of the channel, with the reason for each setting that is not the default. */
final class ChannelStack {
    /** Nodes started together often begin as views of one; merging them must not hold up the start. */
    private static final int MERGE_MIN_MS = 300;

    private static final int MERGE_MAX_MS = 1_000;
    /** The first node waits this long for an older one; longer only delays, since views merge. */
    private static final int JOIN_TIMEOUT_MS = 300;

    private static final int CONNECT_TIMEOUT_MS = 300;
    private static final int SILENCE_MS = 3_000;
    private static final int NEIGHBOUR_REACH = 4;
    /** JGroups puts the failure detector's socket this far above the port; nearby clusters may have taken it. */
    private static final int DETECTOR_PORT_OFFSET = 100;

    private static final int DETECTOR_PORT_RANGE = 50;
    private static final int FRAGMENT_BYTES = 60_000;

    private ChannelStack() {}

    /**
     * @param peers the ports of the peers, this one's among them or not; empty if they are not listed
     */
    static List<Protocol> protocols(String clusterName, InetAddress host, int port, List<InetSocketAddress> peers) {
        List<Protocol> stack = new ArrayList<>();
        stack.add(transport(host, port));
        stack.add(discovery(clusterName, host, port, peers));
        stack.add(new MERGE3().setMinInterval(MERGE_MIN_MS).setMaxInterval(MERGE_MAX_MS));
        FD_SOCK2 sockets = new FD_SOCK2().setBindAddress(host).setOffset(DETECTOR_PORT_OFFSET);
        stack.add(sockets.setPortRange(DETECTOR_PORT_RANGE));
        stack.add(new FD_ALL3().setTimeout(SILENCE_MS).setInterval(500));
        // A false suspicion costs a merge and nothing else, so a short proof will do.
        stack.add(new VERIFY_SUSPECT2().setTimeout(200));
        stack.add(new NAKACK2().useMcastXmit(false));
        stack.add(new UNICAST3());
        stack.add(new STABLE());
        stack.add(new GMS().setJoinTimeout(JOIN_TIMEOUT_MS).printLocalAddress(false));
        stack.add(new MFC());
        stack.add(new UFC());
        FRAG4 fragments = new FRAG4();
        fragments.setFragSize(FRAGMENT_BYTES);
        stack.add(fragments);
        return stack;
    }

    private static Protocol transport(InetAddress host, int port) {
        TCP tcp = new TCP();
        tcp.setBindAddress(host);
        tcp.setBindPort(port);
        // Peers look for each other at known ports, so another one would not do: a taken port is an error.
        tcp.setPortRange(0);
        tcp.tcpNodelay(true);
        tcp.setSockConnTimeout(CONNECT_TIMEOUT_MS);
        tcp.useVirtualThreads(false);
        tcp.getThreadPool().setMaxThreads(20);
        return tcp;
    }

    /**
     * Adds peers that are to be looked for.
     *
     * @param listed those of the configuration, if they are listed there
     * @param known those that are members by now, this node not among them
     */
    static void know(ProtocolStack stack, List<InetSocketAddress> listed, Collection<InetSocketAddress> known) {
        NeighbourPing ping = stack.findProtocol(NeighbourPing.class);
        if (ping != null) {
            ping.know(known.stream().map(ChannelStack::physical).toList());
            return;
        }
        Set<InetSocketAddress> all = new LinkedHashSet<>(listed);
        all.addAll(known);
        TCPPING listing = stack.findProtocol(TCPPING.class);
        listing.setInitialHosts2(all.stream().map(ChannelStack::physical).toList());
    }

    private static PhysicalAddress physical(InetSocketAddress address) {
        return new IpAddress(address);
    }

    private static Protocol discovery(String clusterName, InetAddress host, int port, List<InetSocketAddress> peers) {
        if (peers.isEmpty()) {
            return new NeighbourPing(clusterName, host, port, NEIGHBOUR_REACH).asyncDiscovery(true);
        }
        TCPPING listed = new TCPPING();
        listed.setInitialHosts(peers);
        listed.setPortRange(0);
        return listed.asyncDiscovery(true);
    }
}
