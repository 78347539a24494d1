package io.raftkv.raft.sim;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Bits that change on a disk while its server is down, and the atlas of them: in most runs never more than a minority of the
 * disks is damaged at a time, so that all of it can be repaired.
 *
 * <p>Of the newest log file only what a later record proves to have been durable is hit: what comes behind cannot be told
 * from a torn tail, as docs/recovery.md says.
 */
final class BitRot {
    /** What the disks of a run have to bear. */
    enum Extent {
        /** Bits rot now and then, as one fault among others. */
        SOMETIMES,
        /** Bits rot all the time, on a minority of the disks: all must be repaired. */
        MINORITY,
        /** Bits rot on any disks: groups may be left without a leader, and nothing wrong may be answered. */
        ANY
    }

    private static final int LOG_HEADER_BYTES = 80;
    private static final int RECORD_HEADER_BYTES = 32;

    private final SimWorld world;
    private final List<SimServer> servers;
    private final Swarm swarm;
    private final Totals totals;
    private final Set<Integer> damaged = new TreeSet<>();
    /** Those that were ever damaged. */
    private final Set<Integer> harmed = new TreeSet<>();

    private final OldCopies copies;

    BitRot(SimWorld world, List<SimServer> servers, Swarm swarm, Totals totals) {
        this.world = world;
        this.servers = servers;
        this.swarm = swarm;
        this.totals = totals;
        this.copies = new OldCopies(world, servers);
    }

    OldCopies copies() {
        return copies;
    }

    boolean isFrequent() {
        return swarm.rot() != Extent.SOMETIMES;
    }

    boolean permits(SimServer victim) {
        return swarm.rot() == Extent.ANY || isOfMinority(victim);
    }

    private boolean isOfMinority(SimServer victim) {
        damaged.removeIf(id -> isSound(servers.get(id - 1)));
        return damaged.contains(victim.id()) || damaged.size() < (swarm.firstVoters() - 1) / 2;
    }

    /** Brings an older copy of the disk back, if that is to be noticed; returns whether it did. */
    boolean forget(SimServer victim) {
        SimDisk.Image image = isOfMinority(victim) ? copies.outOfDate(victim) : null;
        if (image != null) {
            bringBack(victim, image);
        }
        return image != null;
    }

    /** Brings {@code image} of the disk of the server back. */
    void bringBack(SimServer victim, SimDisk.Image image) {
        world.trace(() -> "an older copy of " + victim + " is brought back");
        victim.goBackTo(image);
        harm(victim);
    }

    /**
     * Whether a replica of the server is right to say that its disk lost something: the disk was harmed, and if the replica
     * says so while it runs it has not made up for that.
     */
    boolean mayLack(int server, boolean runs) {
        return (runs ? damaged : harmed).contains(server);
    }

    private void harm(SimServer victim) {
        damaged.add(victim.id());
        harmed.add(victim.id());
    }

    private boolean isSound(SimServer server) {
        return server.isUp()
                && !server.life().isRecovering()
                && copies.remembersItsLives(server)
                && server.disk().durableNames("recovery").stream().noneMatch(name -> name.matches("[0-9a-f]{16}"));
    }

    boolean isRepaired() {
        damaged.removeIf(id -> isSound(servers.get(id - 1)));
        return damaged.isEmpty();
    }

    /** Flips some bits on the disk of a server that is down. */
    void strike(SimServer victim) {
        List<String> files = files(victim.disk());
        if (files.isEmpty()) {
            return;
        }
        harm(victim);
        totals.rots++;
        String path = files.get(world.random.nextInt(files.size()));
        int[] range = range(victim.disk(), path);
        for (int flips = 1 + world.random.nextInt(3); flips > 0 && range[0] < range[1]; flips--) {
            int offset = range[0] + world.random.nextInt(range[1] - range[0]);
            world.trace(() -> "bit rot on " + victim + " in " + path + " at " + offset);
            victim.disk().flipBit(path, offset, world.random.nextInt(8));
        }
    }

    private static List<String> files(SimDisk disk) {
        List<String> files = new ArrayList<>();
        disk.durableNames("log").stream()
                .filter(name -> name.endsWith(".wal"))
                .forEach(name -> files.add("log/" + name));
        for (String group : disk.list("snapshots")) {
            disk.durableNames("snapshots/" + group).stream()
                    .filter(name -> name.endsWith(".snap"))
                    .forEach(name -> files.add("snapshots/" + group + "/" + name));
        }
        return files;
    }

    private static int[] range(SimDisk disk, String path) {
        byte[] content = disk.durableContent(path);
        boolean isNewestLog = path.startsWith("log/")
                && disk.durableNames("log").stream()
                        .filter(name -> name.endsWith(".wal"))
                        .noneMatch(name -> name.compareTo(path.substring(4)) > 0);
        return isNewestLog ? new int[] {LOG_HEADER_BYTES, provenEnd(content)} : new int[] {0, content.length};
    }

    /** Up to where a record that itself was synced says that all was synced. */
    private static int provenEnd(byte[] file) {
        ByteBuffer in = ByteBuffer.wrap(file);
        TreeMap<Long, Integer> ends = new TreeMap<>();
        TreeMap<Long, Long> proofs = new TreeMap<>();
        int at = LOG_HEADER_BYTES;
        while (at + RECORD_HEADER_BYTES <= file.length) {
            int length = in.getInt(at);
            if (length < RECORD_HEADER_BYTES || length > file.length - at) {
                break;
            }
            proofs.put(in.getLong(at + 8), in.getLong(at + 16));
            at += length;
            ends.put(in.getLong(at - length + 8), at);
        }
        long synced = proofs.values().stream().mapToLong(Long::longValue).max().orElse(0);
        long proven = proofs.headMap(synced, true).values().stream()
                .mapToLong(Long::longValue)
                .max()
                .orElse(0);
        var last = ends.floorEntry(proven);
        return last == null ? LOG_HEADER_BYTES : last.getValue();
    }
}
