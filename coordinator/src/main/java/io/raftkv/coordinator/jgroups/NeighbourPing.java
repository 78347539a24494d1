package io.raftkv.coordinator.jgroups;

import java.net.InetAddress;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import org.jgroups.Message;
import org.jgroups.PhysicalAddress;
import org.jgroups.conf.ClassConfigurator;
import org.jgroups.protocols.MPING;
import org.jgroups.stack.IpAddress;

/**
 * Finds peers that are not listed: by multicast, and besides by asking the ports next to the own one on the same host,
 * which works where multicast does not and costs a refused connection each where nobody listens; and by asking those that
 * are {@linkplain #know known} from before.
 *
 * <p>Threads: JGroups'.
 */
final class NeighbourPing extends MPING {
    private static final int FIRST_MULTICAST_PORT = 20_000;
    private static final int MULTICAST_PORTS = 10_000;

    private final List<PhysicalAddress> neighbours = new ArrayList<>();
    private volatile List<PhysicalAddress> known = List.of();

    /**
     * @param clusterName picks the multicast port, so that clusters hardly ever hear each other's search
     * @param port the own port, which is not asked
     * @param reach how many ports on each side are asked
     */
    NeighbourPing(String clusterName, InetAddress host, int port, int reach) {
        // The headers of this protocol are those of its parent; JGroups goes by the class.
        setId(ClassConfigurator.getProtocolId(MPING.class));
        setBindAddr(host);
        setMcastPort(FIRST_MULTICAST_PORT + Math.floorMod(clusterName.hashCode(), MULTICAST_PORTS));
        for (int candidate = Math.max(1, port - reach); candidate <= Math.min(65_535, port + reach); candidate++) {
            if (candidate != port) {
                neighbours.add(new IpAddress(host, candidate));
            }
        }
    }

    /** From now on these are asked too, in place of those known before. Threads: any. */
    void know(Collection<PhysicalAddress> peers) {
        known = peers.stream().filter(peer -> !neighbours.contains(peer)).toList();
    }

    @Override
    protected void sendMcastDiscoveryRequest(Message request) {
        super.sendMcastDiscoveryRequest(request);
        neighbours.forEach(neighbour -> ask(neighbour, request));
        known.forEach(peer -> ask(peer, request));
    }

    private void ask(PhysicalAddress peer, Message request) {
        down_prot.down(request.copy(true, true).setDest(peer));
    }
}
