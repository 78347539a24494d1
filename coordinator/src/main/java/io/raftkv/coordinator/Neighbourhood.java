package io.raftkv.coordinator;

import io.raftkv.config.CoordinatorConfig;
import io.raftkv.config.HostPort;
import io.raftkv.coordinator.bootstrap.Hello;
import io.raftkv.coordinator.bootstrap.Members;
import io.raftkv.coordinator.front.Neighbours;
import io.raftkv.coordinator.jgroups.NodeChannel;
import io.raftkv.coordinator.state.Node;
import io.raftkv.raft.EventLoop;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * The other nodes as this one sees them: what they said, and where they may be found.
 *
 * <p>Threads: the group's loop.
 */
final class Neighbourhood implements Neighbours {
    /** What was said is forgotten after one and a half of the pauses between two hellos of a member. */
    private static final long FORGET_NANOS = 3_000_000_000L;

    private final EventLoop loop;
    private final Executor background;
    private final Node self;
    private final Map<Long, Heard> heard = new TreeMap<>();
    private Members members;
    private @Nullable NodeChannel channel;
    /** An address that is looked for besides the members', the newest only; empty if there is none. */
    private String sought = "";
    /** The one that this node shall look for; others take it over from its hellos. */
    private String own = "";

    private record Heard(Hello hello, long atNanos) {}

    /**
     * @param background resolves names, which may block
     */
    Neighbourhood(EventLoop loop, Executor background, Node self, Members members) {
        this.loop = loop;
        this.background = background;
        this.self = self;
        this.members = members;
    }

    void connected(NodeChannel opened) {
        channel = opened;
        search();
    }

    void hear(Hello hello) {
        heard.put(hello.id(), new Heard(hello, loop.nowNanos()));
        if (hello.node().address().equals(own)) {
            own = "";
        }
    }

    /** What the other members shall look for too, or empty. */
    String sought() {
        return own;
    }

    /** Looks for a node that serves clients at this address. */
    void search(String address) {
        if (!address.equals(sought)) {
            sought = address;
            search();
        }
    }

    /** From now on these are the members. */
    void membersAre(Members now) {
        members = now;
        search();
    }

    private void search() {
        NodeChannel open = channel;
        if (open == null) {
            return;
        }
        List<HostPort> places = new ArrayList<>(places(members, self.id()));
        if (!sought.isEmpty()) {
            HostPort client = HostPort.parse(sought);
            places.add(client.withPort(CoordinatorConfig.jgroupsPortOf(client.port())));
        }
        background.execute(
                () -> open.know(places.stream().map(HostPort::socketAddress).toList()));
    }

    /** Where the other members listen for their peers, as far as they said so. */
    static List<HostPort> places(Members members, long self) {
        return members.nodes().stream()
                .filter(node -> node.id() != self && node.peerPort() != 0)
                .map(node -> HostPort.parse(node.address()).withPort(node.peerPort()))
                .toList();
    }

    @Override
    public void lookFor(String address) {
        if (address.indexOf(':') >= 0) { // And not an id.
            own = address;
            search(address);
        }
    }

    @Override
    public Set<Long> reachable() {
        NodeChannel open = channel;
        Set<Long> seen = new TreeSet<>(open == null ? Set.of() : open.reachable());
        seen.add(self.id());
        return seen;
    }

    @Override
    public Collection<Hello> heard() {
        Set<Long> reachable = reachable();
        long now = loop.nowNanos();
        return heard.values().stream()
                .filter(h -> now - h.atNanos <= FORGET_NANOS && reachable.contains(h.hello.id()))
                .map(Heard::hello)
                .toList();
    }

    /** What to call a node. */
    String addressOf(long node) {
        Heard said = heard.get(node);
        if (node == self.id()) {
            return self.address();
        } else if (said != null) {
            return said.hello().node().address();
        }
        return members.nodes().stream()
                .filter(member -> member.id() == node)
                .map(Node::address)
                .findFirst()
                .orElse(Long.toHexString(node));
    }
}
