package io.raftkv.raft.sim;

import io.raftkv.raft.ReplicaId;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;

/** A server over all its lives: its disk stays, its processes come and go. */
final class SimServer {
    private final SimWorld world;
    private final SimCluster cluster;
    private final int id;
    private final SimDisk disk;
    private SimNode life;
    private int lives;
    /** Whether clients that sleep should wake up for this one. */
    private boolean provoked;

    /** Brought back as it was before, which nobody noticed yet. */
    private boolean isOldCopy;
    /** What fails in the next life; null for nothing. */
    private FaultDisk.Failure failure;

    private int operationsToFailure;
    /** The incarnations of its replicas by group, as the cluster was told last. */
    private final Map<Long, Long> incarnations = new TreeMap<>();

    SimServer(SimCluster cluster, int id) {
        this.cluster = cluster;
        this.world = cluster.world();
        this.id = id;
        this.disk = new SimDisk(world.random.nextLong());
    }

    ReplicaId replica(long group) {
        return new ReplicaId(id, incarnations.getOrDefault(group, 1L));
    }

    void opens(long group, long incarnation) {
        incarnations.put(group, incarnation);
    }

    int id() {
        return id;
    }

    SimDisk disk() {
        return disk;
    }

    /** The running process, or null. */
    SimNode life() {
        return life;
    }

    boolean isUp() {
        return life != null;
    }

    boolean isLeader(long groupId) {
        return isUp() && life.isLeader(groupId);
    }

    /** Clients that stay here ask at once, also in a time in which nobody asks. */
    void provoke() {
        provoked = true;
    }

    /** They do so no more. */
    void leaveAlone() {
        provoked = false;
    }

    boolean isProvoked() {
        return provoked;
    }

    /** Starts a process, which may lose power in the middle of its recovery. */
    void start() {
        if (isUp()) {
            return;
        }
        lives++;
        world.trace(() -> this + " starts");
        SimNode starting = new SimNode(cluster, id, this + "#" + lives, disk, this::crash);
        life = starting;
        if (failure != null) {
            starting.failDisk(failure, operationsToFailure);
            failure = null;
        }
        try {
            starting.open();
        } catch (PowerLoss dead) {
            world.trace(() -> this + " died while it started");
        } catch (IOException damaged) {
            if (starting.wasDiskAtFault()) {
                cluster.totals().startsRefused++;
                kill();
                return;
            }
            throw new SimFailure(this + " cannot start: " + damaged.getMessage(), damaged);
        }
    }

    /** Ends the process now; what its disk did not sync is lost, or not, or in part. */
    void crash() {
        end(disk::crash);
    }

    /** Ends the process alone: what its disk did not sync stays in the cache of the machine. */
    void kill() {
        end(disk::kill);
    }

    private void end(Runnable disksFate) {
        if (!isUp()) {
            return;
        }
        SimNode dead = life;
        life = null;
        long lostBefore = lostWrites();
        disksFate.run();
        long lost = lostWrites() - lostBefore;
        world.trace(() -> this + " crashes and loses " + lost + " writes");
        cluster.totals().crashes++;
        cluster.totals().crashesWithLoss += lost > 0 ? 1 : 0;
        dead.kill();
        cluster.network().resetAll(id);
    }

    /** The {@code count}-th operation of the next life that is of that kind fails. */
    void failAtNextStart(FaultDisk.Failure kind, int count) {
        failure = kind;
        operationsToFailure = count;
    }

    /** Ends the process, and brings the disk back as it was when {@code image} was made. */
    void goBackTo(SimDisk.Image image) {
        crash();
        disk.restore(image);
        isOldCopy = true;
        cluster.totals().oldCopies++;
        cluster.groups().forEach(group -> cluster.invariants(group).forgot(replica(group)));
    }

    void isFoundIncomplete() {
        cluster.totals().oldCopiesFound += isOldCopy ? 1 : 0;
        isOldCopy = false;
    }

    /** What the server wrote down of what it takes for damage. */
    List<String> damageTexts() {
        return disk.durableNames("recovery").stream()
                .filter(name -> name.endsWith(".txt"))
                .map(name -> new String(disk.durableContent("recovery/" + name), StandardCharsets.UTF_8))
                .toList();
    }

    private long lostWrites() {
        SimDisk.Counters counters = disk.counters();
        return counters.lostWrites() + counters.tornWrites();
    }

    /** Asks the replica of this server to hand over, if there is one. */
    void transferLeadership(long group, SimServer heir) {
        ReplicaId target = heir.replica(group);
        serve(
                node -> {
                    if (node.group(group) != null) {
                        node.group(group).transferLeadership(target);
                    }
                },
                () -> {});
    }

    /** Hands a request to the process, on its loop; refuses it at once while there is none. */
    void serve(Consumer<SimNode> request, Runnable refused) {
        if (isUp()) {
            life.serve(request);
        } else {
            refused.run();
        }
    }

    @Override
    public String toString() {
        return "server " + id;
    }
}
