package io.raftkv.cli.log;

import io.raftkv.raft.driver.Lives;
import io.raftkv.raft.log.FileDisk;
import io.raftkv.raft.log.LogException;
import io.raftkv.raft.log.LogSurvey;
import io.raftkv.raft.snapshot.SnapshotStore;
import io.raftkv.raft.snapshot.SnapshotStore.Checked;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * All that is in the data folder of a server that does not run.
 *
 * @param snapshots by group, newest first
 * @param recovering names of the marks of replicas that lost something and have not recovered
 * @param lives what the folder knows of the lives of its server and its peers; empty before the first start of a release
 *     that writes it, or if it is damaged
 * @param damageOfLives what is wrong with that
 */
record StoppedFolder(
        LogSurvey log,
        SortedMap<Long, List<Checked>> snapshots,
        List<String> recovering,
        Optional<Lives> lives,
        Optional<String> damageOfLives) {
    /** @throws IllegalArgumentException if there is no such folder or a server uses it */
    static StoppedFolder read(Path folder) throws IOException {
        FileDisk disk = disk(folder);
        LogSurvey log;
        try {
            log = LogSurvey.of(disk, "log");
        } catch (LogException e) {
            throw new IllegalArgumentException(e.getMessage(), e);
        }
        SnapshotStore store = new SnapshotStore(disk, "snapshots");
        SortedMap<Long, List<Checked>> snapshots = new TreeMap<>();
        for (long group : store.groups()) {
            snapshots.put(group, store.check(group));
        }
        List<String> recovering = disk.list("recovery").stream()
                .filter(name -> name.matches("[0-9a-f]{16}"))
                .toList();
        try {
            return new StoppedFolder(log, snapshots, recovering, Lives.read(disk), Optional.empty());
        } catch (LogException e) {
            return new StoppedFolder(
                    log, snapshots, recovering, Optional.empty(), Optional.of(String.valueOf(e.getMessage())));
        }
    }

    /** @throws IllegalArgumentException if there is no such folder */
    static FileDisk disk(Path folder) throws IOException {
        if (!Files.isDirectory(folder.resolve("log"))) {
            throw new IllegalArgumentException(folder + " is not the data folder of a server: it has no folder log");
        }
        return new FileDisk(folder);
    }

    /** What is damaged, each with file, offset, and what to do. */
    List<String> damages() {
        List<String> damages = new ArrayList<>();
        damageOfLives.ifPresent(damages::add);
        log.damages().forEach(damage -> damages.add(damage.text()));
        snapshots.values().forEach(all -> all.stream()
                .filter(snapshot -> snapshot.problem() != null)
                .forEach(snapshot -> damages.add(String.valueOf(snapshot.problem()))));
        return damages;
    }
}
