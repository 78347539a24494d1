package io.raftkv.raft.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.raftkv.raft.RaftException;
import io.raftkv.raft.RaftGroup;
import io.raftkv.raft.driver.Lives;
import io.raftkv.raft.driver.RaftOptions;
import io.raftkv.raft.log.FileDisk;
import io.raftkv.raft.transport.Introduction.Life;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Data folders that are brought back as they were before, or are lost, with real files and sockets. */
class OlderCopyTest {
    private static final long GROUP = 5;
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    @TempDir
    Path folder;

    private final Map<Long, RaftServer> servers = new TreeMap<>();
    private final Map<Long, RaftGroup> groups = new TreeMap<>();
    private final Map<Long, Sum> sums = new TreeMap<>();
    private final Map<Long, Throwable> failures = new ConcurrentHashMap<>();
    private UnaryOperator<RaftOptions.Builder> options = UnaryOperator.identity();
    private boolean replacesLostFolder;

    @AfterEach
    void closeAll() throws IOException {
        for (RaftServer server : servers.values()) {
            server.close();
        }
    }

    private Path folderOf(long id) {
        return folder.resolve("server-" + id);
    }

    private void start(long... ids) throws IOException {
        for (long id : ids) {
            RaftServerBuilder builder = RaftServer.builder()
                    .clusterId("test")
                    .dataFolder(folderOf(id))
                    .serverId(id)
                    .listen("127.0.0.1:0")
                    .options(options.apply(RaftOptions.DEFAULT.with()).build())
                    .replacesLostFolder(replacesLostFolder)
                    .onFailure(failure -> failures.put(id, failure));
            for (long peer : new long[] {1, 2, 3}) {
                builder.peer(peer, "127.0.0.1:" + peer);
            }
            servers.put(id, builder.start());
        }
        servers.forEach(
                (id, server) -> servers.values().forEach(other -> other.peer(id, "127.0.0.1:" + server.port())));
        for (long id : ids) {
            sums.put(id, new Sum());
            groups.put(id, servers.get(id).openGroup(GROUP, sums.get(id)));
        }
    }

    private void stop(long... ids) throws IOException {
        for (long id : ids) {
            groups.remove(id);
            servers.remove(id).close();
        }
    }

    private RaftGroup leader() {
        return until(
                () -> groups.values().stream()
                        .filter(RaftGroup::isLeader)
                        .findFirst()
                        .orElse(null),
                found -> found != null);
    }

    private static <T> T until(Callable<T> value, Predicate<T> holds) {
        return await().pollDelay(Duration.ZERO)
                .pollInterval(Duration.ofMillis(5))
                .atMost(PATIENCE)
                .until(value, holds::test);
    }

    /** Adds 1 until it is acknowledged so often. */
    private void add(int times) {
        for (int done = 0; done < times; ) {
            try {
                leader().propose(Sum.add(1))
                        .toCompletableFuture()
                        .orTimeout(20, TimeUnit.SECONDS)
                        .join();
                done++;
            } catch (CompletionException refused) {
                assertThat(refused).hasCauseInstanceOf(RaftException.NotLeader.class);
            }
        }
    }

    private void untilAllHave(long sum) {
        sums.forEach((id, machine) -> until(machine::sum, value -> value == sum));
    }

    private void awaitMetByAll(long id) throws IOException {
        for (long other : servers.keySet()) {
            if (other != id) {
                Life life = life(id);
                until(
                        () -> Lives.read(new FileDisk(folderOf(other)))
                                .map(lives -> lives.peers().get(id))
                                .filter(met -> met.life().covers(life))
                                .isPresent(),
                        met -> met);
            }
        }
    }

    private Life life(long id) throws IOException {
        return Lives.read(new FileDisk(folderOf(id))).orElseThrow().life();
    }

    private static void copy(Path from, Path to) throws IOException {
        delete(to);
        try (Stream<Path> all = Files.walk(from)) {
            for (Path path : (Iterable<Path>) all::iterator) {
                Files.copy(path, to.resolve(from.relativize(path).toString()));
            }
        }
    }

    private static void delete(Path folder) throws IOException {
        if (Files.exists(folder)) {
            try (Stream<Path> all = Files.walk(folder)) {
                for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(path);
                }
            }
        }
    }

    private boolean hasForgotten(long id) {
        return Files.exists(folderOf(id).resolve("recovery/forgot"));
    }

    @Test
    void startsInGoodOrderAreNoOlderCopies() throws Exception {
        for (int round = 1; round <= 3; round++) {
            start(1, 2, 3);
            add(10);
            stop(3);
            add(10);
            start(3);
            untilAllHave(20L * round);
            stop(1, 2, 3);
        }
        assertThat(List.of(hasForgotten(1), hasForgotten(2), hasForgotten(3))).containsOnly(false);
        assertThat(failures).isEmpty();
    }

    /** The write is on servers 1 and 3; server 3 forgets it, and must not elect server 2 that never had it. */
    @Test
    void anOlderCopyElectsNobodyWhoLacksWhatItForgot() throws Exception {
        start(1, 2, 3);
        add(10);
        untilAllHave(10);
        stop(3);
        Path backup = folder.resolve("backup");
        copy(folderOf(3), backup);
        start(3);
        awaitMetByAll(3);
        stop(2);
        add(10);
        stop(1, 3);
        copy(backup, folderOf(3));

        start(2, 3);
        until(() -> hasForgotten(3), forgot -> forgot);
        assertThat(until(() -> groups.get(3L).status().isRecovering(), recovering -> recovering))
                .isTrue();
        await().during(Duration.ofSeconds(3)).atMost(PATIENCE).until(() -> groups.values().stream()
                .noneMatch(RaftGroup::isLeader));

        start(1);
        untilAllHave(20);
        until(() -> groups.get(3L).status().isRecovering(), recovering -> !recovering);
        add(1);
        untilAllHave(21);
        assertThat(failures).isEmpty();
    }

    /** As with the image of a virtual machine: the copy is of the very life that the peers met last. */
    @Test
    void aCopyOfTheSameLifeIsNoticedAfterAStretch() throws Exception {
        options = builder -> builder.lifeStretchMs(50);
        start(1, 2, 3);
        add(10);
        Path backup = folder.resolve("backup");
        copy(folderOf(3), backup);
        long stretch = life(3).stretch();
        until(
                () -> {
                    add(1);
                    return life(3).stretch();
                },
                now -> now > stretch);
        awaitMetByAll(3);
        stop(3);
        copy(backup, folderOf(3));

        start(3);
        until(() -> hasForgotten(3), forgot -> forgot);
        until(() -> groups.get(3L).status().isRecovering(), recovering -> !recovering);
        add(1);
    }

    @Test
    void aNewFolderUnderAnOldIdIsRefusedUnlessItReplacesALostOne() throws Exception {
        start(1, 2, 3);
        add(10);
        awaitMetByAll(3);
        stop(3);
        delete(folderOf(3));

        start(3);
        assertThat(until(() -> failures.get(3L), failure -> failure != null))
                .hasMessageContaining("with another data folder")
                .hasMessageContaining("start it with that folder")
                .hasMessageContaining("replaces a lost folder");
        stop(3);
        delete(folderOf(3));
        replacesLostFolder = true;
        start(3);
        untilAllHave(10);
        until(() -> groups.get(3L).status().isRecovering(), recovering -> !recovering);
        stop(2);
        add(10);
        replacesLostFolder = false;
        stop(3);
        start(2, 3);
        untilAllHave(20);
        assertThat(failures).containsOnlyKeys(3L);
    }
}
