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

    /** Brings back the copy of the server, if there is one that would be noticed; returns whether it did. */
    boolean restore(SimServer victim) {
        SimDisk.Image image = images.get(victim.id());
        if (image == null || !allOthersMetMoreThan(victim, image.content(Lives.FILE))) {
            return false;
        }
        world.trace(() -> "an older copy of " + victim + " is brought back");
        victim.goBackTo(image);
        return true;
    }

    private boolean allOthersMetMoreThan(SimServer victim, byte[] livesFile) {
        Lives then = lives(livesFile);
        return then != null
                && others(victim)
                        .allMatch(met -> met != null && met.folder() == then.folder() && !has(then, met.life()));
    }

    /** Whether the disk of the server has all lives that the others met. */
    boolean remembersItsLives(SimServer server) {
        Lives now = lives(server.disk().durableContent(Lives.FILE));
        return now != null && others(server).allMatch(met -> met == null || has(now, met.life()));
    }

    /** As {@link Lives#remembers}, which may have a planted bug. */
    private static boolean has(Lives lives, Life life) {
        return life.count() <= lives.forgotten()
                || lives.own().stream()
                        .anyMatch(lived -> lived.number() == life.number() && lived.stretch() >= life.stretch());
    }

    /** What each other server met of this one, null for nothing. */
    private Stream<Lives.Met> others(SimServer server) {
        return servers.stream().filter(other -> other != server).map(other -> {
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
