package io.raftkv.raft.sim;

import io.raftkv.raft.driver.Lives;
import io.raftkv.raft.log.LogException;
import io.raftkv.raft.transport.Introduction.Life;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * Copies of disks that are made while their servers run and brought back later: what was promised since is forgotten. Only where
 * docs/recovery.md promises that it is noticed and recovers: all other servers met a life of the server, with this folder, since the
 * copy was made.
 */
final class OldCopies {
    private final SimWorld world;
    private final List<SimServer> servers;
    private final Map<Integer, SimDisk.Image> images = new TreeMap<>();

    OldCopies(SimWorld world, List<SimServer> servers) {
        this.world = world;
        this.servers = servers;
    }

    /** In place of an older one, mostly. */
    void copy(SimServer server) {
        if (!images.containsKey(server.id()) || world.chance(0.5)) {
            images.put(server.id(), server.disk().image());
        }
    }

    /** The copy of the server, if there is one that would be noticed when it is brought back; else null. */
    SimDisk.Image outOfDate(SimServer victim) {
        SimDisk.Image image = images.get(victim.id());
        return image != null && isOutOfDate(victim, image, servers) ? image : null;
    }

    /** Whether all of {@code others} met a life of the server of which {@code image} knows nothing. */
    boolean isOutOfDate(SimServer victim, SimDisk.Image image, List<SimServer> others) {
        Lives then = lives(image.content(Lives.FILE));
        return then != null
                && met(victim, others)
                        .allMatch(met -> met != null && met.folder() == then.folder() && !has(then, met.life()));
    }

    /** Whether the disk of the server has all lives that the others met. */
    boolean remembersItsLives(SimServer server) {
        Lives now = lives(server.disk().durableContent(Lives.FILE));
        return now != null && met(server, servers).allMatch(met -> met == null || has(now, met.life()));
    }

    /** As {@link Lives#remembers}, which may have a planted bug. */
    private static boolean has(Lives lives, Life life) {
        return life.count() <= lives.forgotten()
                || lives.own().stream()
                        .anyMatch(lived -> lived.number() == life.number() && lived.stretch() >= life.stretch());
    }

    /** What each of {@code others} met of this one, null for nothing. */
    private static Stream<Lives.Met> met(SimServer server, List<SimServer> others) {
        return others.stream().filter(other -> other != server).map(other -> {
            Lives known = lives(other.disk().durableContent(Lives.FILE));
            return known == null ? null : known.peers().get((long) server.id());
        });
    }

    private static Lives lives(byte[] file) {
        if (file.length == 0) {
            return null;
        }
        try {
            return Lives.parse(new String(file, StandardCharsets.UTF_8));
        } catch (LogException e) {
            // Rotten.
            return null;
        }
    }
}
