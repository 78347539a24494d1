package io.raftkv.coordinator.bootstrap;

import io.raftkv.coordinator.bootstrap.Hello.Stage;
import io.raftkv.coordinator.state.Node;
import java.io.IOException;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Founds a cluster, once. As soon as exactly {@code clusterSize} fresh nodes hear each other, the one with the lowest id
 * writes the founding list: a random cluster id, the members, the constants. Every node that it names syncs a promise for
 * it to disk and never gives one to another list; the list counts once all have promised. So two lists can never both
 * count if they share a node, whatever is lost or restarted in between; and a node that was not there at the founding can
 * never found anything with those that were.
 *
 * <p>A node that was not there joins later, when a member says that the cluster has it on its roster.
 *
 * <p>All of it is said in hellos, repeated until heard: a node tells how far it is, and whoever hears enough goes on.
 *
 * <p>Threads: one at a time. Syncs to disk on the calling thread, twice in a node's life and when the members change.
 */
public final class Bootstrap {
    private static final Logger LOG = LoggerFactory.getLogger(Bootstrap.class);
    /** A node that was not heard for so long is not counted: it may have gone. */
    private static final long FORGET_NANOS = 3_000_000_000L;

    private final Node self;
    private final Wish wish;
    private final NodeFiles files;
    private final Supplier<UUID> ids;
    private final Map<Long, Heard> heard = new TreeMap<>();
    private final Set<String> said = new LinkedHashSet<>();
    private @Nullable Cluster promised;
    private @Nullable Cluster formed;
    private Members members;

    private record Heard(Hello hello, long atNanos) {}

    /**
     * What this node was configured to found.
     *
     * @param members the addresses of all members, or empty if any {@code clusterSize} nodes will do
     */
    public record Wish(String clusterName, int clusterSize, int shards, List<String> members) {
        public Wish {
            members = List.copyOf(members);
        }
    }

    /**
     * Goes on from what the disk holds.
     *
     * @param ids makes random cluster ids
     */
    public Bootstrap(Node self, Wish wish, NodeFiles files, Supplier<UUID> ids) throws IOException {
        this.self = self;
        this.wish = wish;
        this.files = files;
        this.ids = ids;
        formed = files.cluster();
        Members stored = files.members();
        members = stored != null ? stored : formed != null ? new Members(0, formed.nodes()) : Members.NONE;
        promised = formed == null ? files.promise() : formed;
        if (formed != null) {
            warnOfDifferences(formed);
        }
    }

    private void warnOfDifferences(Cluster cluster) {
        if (members.nodes().size() != wish.clusterSize()) {
            LOG.info(
                    "the cluster has {} nodes; the configured cluster size of {} is of no effect any more",
                    members.nodes().size(),
                    wish.clusterSize());
        }
        if (cluster.shards() != wish.shards()) {
            LOG.warn(
                    "the cluster has {} shards; the configured number of {} is of no effect any more",
                    cluster.shards(),
                    wish.shards());
        }
    }

    /** The cluster this node belongs to, or null as long as there is none. */
    public @Nullable Cluster formed() {
        return formed;
    }

    /** The members as far as this node knows; of a cluster that it heard of, if it belongs to none. */
    public Members members() {
        if (formed != null) {
            return members;
        }
        return heard.values().stream()
                .map(h -> h.hello.members())
                .max(Comparator.comparingLong(Members::version))
                .orElse(Members.NONE);
    }

    /** The members are others now. Durable when this returns. */
    public void membersAre(Members now) throws IOException {
        if (!now.equals(members)) {
            files.members(now);
            members = now;
        }
    }

    /** What the others should hear from this node now. */
    public Hello hello() {
        Stage stage = formed != null ? Stage.FORMED : promised != null ? Stage.PROMISED : Stage.FRESH;
        return new Hello(
                self, wish.clusterSize(), wish.shards(), stage, promised, formed == null ? Members.NONE : members, "");
    }

    /**
     * Takes in what a peer told, and goes on as far as that allows.
     *
     * @return whether {@link #hello} says something new
     */
    public boolean hear(Hello hello, long nowNanos) throws IOException {
        if (hello.id() == self.id()) {
            return false;
        }
        heard.put(hello.id(), new Heard(hello, nowNanos));
        if (formed != null) {
            meet(formed, hello);
            return false;
        }
        return join(hello) || proceed(nowNanos);
    }

    /**
     * Joins the cluster of a peer that says that this node belongs to it: it says so only of what is committed. What the
     * cluster keeps comes by Raft, to a replica that begins with nothing and has no say before Raft's configuration gives it
     * one.
     */
    private boolean join(Hello hello) throws IOException {
        Cluster theirs = hello.cluster();
        if (hello.stage() != Stage.FORMED || theirs == null || !hello.members().names(self.id())) {
            return false;
        }
        if (promised != null && !promised.id().equals(theirs.id())) {
            sayOnce("this " + describe(self) + " is to join cluster " + theirs.id() + ", but promised to found cluster "
                    + promised.id() + "; stop it, remove its data folder, and start and add it again");
            return false;
        }
        membersAre(hello.members());
        files.cluster(theirs);
        promised = theirs;
        formed = theirs;
        LOG.info("joined cluster {} of {}", theirs.id(), members.addresses());
        return true;
    }

    /** Goes on as far as what was heard allows; to be called now and then. Returns as {@link #hear}. */
    public boolean proceed(long nowNanos) throws IOException {
        if (formed != null) {
            return false;
        }
        heard.values().removeIf(h -> nowNanos - h.atNanos > FORGET_NANOS);
        Stage before = hello().stage();
        if (promised == null) {
            promise();
        }
        if (promised != null) {
            form(promised);
        }
        return hello().stage() != before;
    }

    private void promise() throws IOException {
        Cluster offered = offered();
        Cluster list = offered != null ? offered : proposal();
        if (list != null) {
            files.promise(list);
            promised = list;
            LOG.info("promised to found cluster {} of {}", list.id(), addresses(list.nodes()));
        }
    }

    /** A founding list that names this node and that all who are heard agree on. */
    private @Nullable Cluster offered() {
        Cluster offer = null;
        for (Heard h : heard.values()) {
            Cluster cluster = h.hello.cluster();
            if (h.hello.stage() == Stage.PROMISED && cluster != null && isFor(cluster)) {
                if (offer != null && !offer.equals(cluster)) {
                    sayOnce("two founding lists name this node, " + offer.id() + " and " + cluster.id()
                            + "; stop the nodes that were started by mistake and remove their data folders");
                    return null;
                }
                offer = cluster;
            }
        }
        return offer;
    }

    private boolean isFor(Cluster cluster) {
        return self.equals(cluster.node(self.id()))
                && cluster.name().equals(wish.clusterName())
                && cluster.nodes().size() == wish.clusterSize()
                && cluster.shards() == wish.shards()
                && fitsMembers(cluster.nodes());
    }

    private boolean fitsMembers(Collection<Node> nodes) {
        return wish.members().isEmpty()
                || nodes.stream().map(Node::address).collect(Collectors.toSet()).equals(Set.copyOf(wish.members()));
    }

    /** A list of this node's own, if it is its turn to write one. */
    private @Nullable Cluster proposal() {
        TreeMap<Long, Node> fresh = new TreeMap<>();
        fresh.put(self.id(), self);
        for (Heard h : heard.values()) {
            if (h.hello.stage() == Stage.FORMED) {
                sayOnce("this " + notAMember(self, h.hello));
                return null;
            }
            if (h.hello.stage() != Stage.FRESH) {
                return null; // They found without this node; it waits for their offer.
            }
            if (h.hello.clusterSize() != wish.clusterSize() || h.hello.shards() != wish.shards()) {
                sayOnce(h.hello.node().address() + " wants a cluster of " + h.hello.clusterSize() + " nodes with "
                        + h.hello.shards() + " shards, this node one of " + wish.clusterSize() + " with "
                        + wish.shards() + "; make their configurations agree");
                return null;
            }
            if (wish.members().isEmpty()
                    || wish.members().contains(h.hello.node().address())) {
                fresh.put(h.hello.id(), h.hello.node());
            }
        }
        if (fresh.size() > wish.clusterSize()) {
            sayOnce(tooMany(fresh.values()));
        }
        boolean mine =
                fresh.size() == wish.clusterSize() && fresh.firstKey() == self.id() && fitsMembers(fresh.values());
        return mine ? new Cluster(ids.get(), wish.clusterName(), wish.shards(), List.copyOf(fresh.values())) : null;
    }

    private String tooMany(Collection<Node> fresh) {
        return "there are " + fresh.size() + " new nodes named " + wish.clusterName() + " (" + addresses(fresh)
                + ") for a cluster of " + wish.clusterSize() + "; stop "
                + (fresh.size() - wish.clusterSize()) + " of them, or give the clusters names of their own";
    }

    private void form(Cluster list) throws IOException {
        for (Node node : list.nodes()) {
            Heard h = heard.get(node.id());
            if (node.id() == self.id()) {
                continue;
            }
            if (h == null || !list.equals(h.hello.cluster())) {
                if (h != null && h.hello.cluster() != null) {
                    sayOnce(node.address() + " promised to found another cluster than this node, " + list.id()
                            + "; stop all nodes that never served, remove their data folders, and start exactly "
                            + wish.clusterSize());
                }
                return;
            }
        }
        membersAre(new Members(0, list.nodes()));
        files.cluster(list);
        formed = list;
        LOG.info("founded cluster {} of {} with {} shards", list.id(), addresses(list.nodes()), list.shards());
    }

    private void meet(Cluster mine, Hello hello) {
        Cluster theirs = hello.cluster();
        if (theirs != null && !theirs.id().equals(mine.id())) {
            sayOnce("node " + Long.toHexString(hello.id()) + " at "
                    + hello.node().address() + " belongs to another cluster of the name " + mine.name() + ", "
                    + theirs.id() + "; it is refused");
        } else if (theirs == null && !members.names(hello.id())) {
            sayOnce(notAMember(hello.node(), hello()));
        }
    }

    /**
     * What to do about a new node.
     *
     * @param known what a member said
     */
    private static String notAMember(Node node, Hello known) {
        String address = node.address();
        boolean taken = known.members().nodes().stream()
                .anyMatch(member -> member.address().equals(address));
        Cluster cluster = known.cluster();
        return describe(node) + " is not a member of the cluster of this name, " + (cluster == null ? "" : cluster.id())
                + " of " + known.members().addresses()
                + (taken
                        ? "; a member that lost its data folder has its address; to let it take that one's place: "
                                + "raftkv ctl coordinator replace " + address + " " + address
                        : "; to make it one: raftkv ctl coordinator add " + address);
    }

    private static String describe(Node node) {
        return "node " + Long.toHexString(node.id()) + " at " + node.address();
    }

    /** What this node waits for, in words; the empty text once it belongs to a cluster. */
    public String waitingFor() {
        if (formed != null) {
            return "";
        }
        for (Heard h : heard.values()) {
            if (h.hello.stage() == Stage.FORMED && !Objects.equals(h.hello.cluster(), promised)) {
                return "this " + notAMember(self, h.hello);
            }
        }
        Cluster list = promised;
        if (list != null) {
            List<Node> missing = list.nodes().stream()
                    .filter(node -> node.id() != self.id())
                    .filter(node -> {
                        Heard h = heard.get(node.id());
                        return h == null || !list.equals(h.hello.cluster());
                    })
                    .toList();
            return "the promise of " + addresses(missing) + " to found cluster " + list.id();
        }
        int present = 1 + heard.size();
        if (present > wish.clusterSize()) {
            return "order: " + present + " new nodes are here for a cluster of " + wish.clusterSize();
        }
        return "majority: " + present + " of " + wish.clusterSize() + " new coordinator nodes are here";
    }

    private static String addresses(Collection<Node> nodes) {
        return nodes.stream().map(Node::address).collect(Collectors.joining(", "));
    }

    private void sayOnce(String text) {
        if (said.size() < 100 && said.add(text)) {
            LOG.warn("{}", text);
        }
    }
}
