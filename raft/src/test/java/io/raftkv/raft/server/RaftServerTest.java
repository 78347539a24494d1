package io.raftkv.raft.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.raftkv.raft.RaftException;
import io.raftkv.raft.RaftGroup;
import io.raftkv.raft.ReplicaId;
import io.raftkv.raft.driver.RaftNodeOptions;
import io.raftkv.raft.log.LogException;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The front door, with real files and sockets. */
class RaftServerTest {
    private static final long GROUP = 5;

    @TempDir
    Path folder;

    private final Map<Long, RaftServer> servers = new TreeMap<>();
    private final Map<Long, RaftGroup> groups = new TreeMap<>();
    private final Map<Long, Sum> sums = new TreeMap<>();

    @AfterEach
    void closeAll() throws IOException {
        for (RaftServer server : servers.values()) {
            server.close();
        }
    }

    private RaftServerBuilder alone(String name) {
        return RaftServer.builder().clusterId("test").dataFolder(folder.resolve(name));
    }

    /** Each listens where the system lets it, and then tells the others. */
    private void start(long... ids) throws IOException {
        for (long id : ids) {
            RaftServerBuilder builder = alone("server-" + id).serverId(id).listen("127.0.0.1:0");
            for (long peer : new long[] {1, 2, 3}) {
                builder.peer(peer, "127.0.0.1:" + peer);
            }
            servers.put(id, builder.start());
        }
        introduce();
        for (long id : ids) {
            sums.put(id, new Sum());
            groups.put(id, servers.get(id).openGroup(GROUP, sums.get(id)));
        }
    }

    private void introduce() {
        servers.forEach(
                (id, server) -> servers.values().forEach(other -> other.peer(id, "127.0.0.1:" + server.port())));
    }

    private RaftGroup leader() {
        return await().pollDelay(Duration.ZERO)
                .atMost(Duration.ofSeconds(20))
                .until(
                        () -> groups.values().stream()
                                .filter(RaftGroup::isLeader)
                                .findFirst()
                                .orElse(null),
                        found -> found != null);
    }

    private static <T> T get(CompletionStage<T> stage) throws Exception {
        return stage.toCompletableFuture().get(20, TimeUnit.SECONDS);
    }

    @Test
    void threeServersAgreeAndKeepWhatTheyAgreedOn() throws Exception {
        start(1, 2, 3);
        for (int i = 1; i <= 100; i++) {
            assertThat(get(leader().propose(Sum.add(1)))).isEqualTo((long) i);
        }
        for (RaftServer server : servers.values()) {
            server.close();
            server.close();
        }

        start(1, 2, 3);
        RaftGroup leader = leader();
        Sum sum = sums.get(leader.self().server());
        assertThat(get(leader.read(sum::sum))).isEqualTo(100);
        assertThatThrownBy(() -> get(leader.read(() -> {
                    throw new IllegalArgumentException("the caller's own fault");
                })))
                .hasCauseInstanceOf(IllegalArgumentException.class);
        assertThat(get(leader.propose(Sum.add(1)))).as("the server goes on").isEqualTo(101L);
    }

    @Test
    void aDamagedFolderIsRefusedIfThatIsWantedElseRepairedFromTheOthers() throws Exception {
        start(1, 2, 3);
        for (int i = 1; i <= 100; i++) {
            get(leader().propose(Sum.add(1)));
        }
        servers.remove(1L).close();
        groups.remove(1L);
        flipAByte(folder.resolve("server-1").resolve("log"));

        RaftServerBuilder strict =
                alone("server-1").serverId(1).listen("127.0.0.1:0").onDamage(RaftNodeOptions.OnDamage.REFUSE);
        for (long peer : new long[] {1, 2, 3}) {
            strict.peer(peer, "127.0.0.1:" + peer);
        }
        assertThatThrownBy(strict::start).isInstanceOf(LogException.class).hasMessageContaining("is damaged");

        start(1);
        await().atMost(Duration.ofSeconds(20)).until(() -> sums.get(1L).sum() == 100);
    }

    /** In the middle of the log, among what was acknowledged. */
    private static void flipAByte(Path log) throws IOException {
        Path file;
        try (Stream<Path> files = Files.list(log)) {
            file = files.filter(path -> path.toString().endsWith(".wal"))
                    .sorted()
                    .findFirst()
                    .orElseThrow();
        }
        byte[] bytes = Files.readAllBytes(file);
        int end = bytes.length;
        while (bytes[end - 1] == 0) {
            end--;
        }
        bytes[end / 2] ^= 1;
        Files.write(file, bytes);
    }

    @Test
    void aServerJoinsUnderARandomId() throws Exception {
        start(1, 2, 3);
        get(leader().propose(Sum.add(7)));
        RaftServer joining = alone("joining").listen("127.0.0.1:0").start();
        servers.put(joining.id(), joining);
        introduce();
        Sum sum = new Sum();
        RaftGroup replica = joining.joinGroup(GROUP, 1, sum);

        RaftGroup leader = leader();
        TreeSet<ReplicaId> voters =
                new TreeSet<>(leader.status().configuration().voters());
        voters.add(replica.self());
        get(leader.changeMembers(voters, 1));

        await().atMost(Duration.ofSeconds(20))
                .until(() -> replica.status().configuration().voters().contains(replica.self()));
        assertThat(get(leader().propose(Sum.add(1)))).isEqualTo(8L);

        joining.close();
        RaftServer again = alone("joining").listen("127.0.0.1:0").start();
        servers.remove(joining.id());
        servers.put(again.id(), again);
        introduce();
        RaftGroup reopened = again.openGroup(GROUP, sum);
        assertThat(reopened.self()).isEqualTo(replica.self());
        await().atMost(Duration.ofSeconds(20)).until(() -> reopened.leader() != null);
    }

    @Test
    void aServerAloneKeepsItsRandomId() throws Exception {
        long id;
        try (RaftServer server = alone("alone").start()) {
            id = server.id();
            assertThat(id).isNotZero();
            groups.put(id, server.openGroup(GROUP, new Sum()));
            assertThat(get(leader().propose(Sum.add(3)))).isEqualTo(3L);
        }
        try (RaftServer server = alone("alone").start()) {
            assertThat(server.id()).isEqualTo(id);
            Sum sum = new Sum();
            groups.put(id, server.openGroup(GROUP, sum));
            assertThat(get(leader().read(sum::sum))).isEqualTo(3);
        }
    }

    @Test
    void refusesAFolderThatIsInUse() throws Exception {
        servers.put(1L, alone("one").start());
        assertThatThrownBy(() -> alone("one").start())
                .isInstanceOf(LogException.class)
                .hasMessageContaining("in use")
                .hasMessageContaining(folder.resolve("one").toString());
        servers.get(1L).close();
        // The one that was refused left nothing behind that keeps the next one out.
        alone("one").start().close();
    }

    @Test
    void refusesAFolderOfOthers() throws Exception {
        alone("one").serverId(1).start().close();
        assertThatThrownBy(() -> alone("one").serverId(2).start())
                .isInstanceOf(LogException.class)
                .hasMessageContaining("belongs to server 1, not to server 2");
        assertThatThrownBy(() -> alone("one").clusterId("other").start())
                .isInstanceOf(LogException.class)
                .hasMessageContaining("belongs to cluster \"test\", not to \"other\"");
        Path photos = Files.createDirectories(folder.resolve("photos"));
        Files.writeString(photos.resolve("sunset.jpg"), "not ours");
        assertThatThrownBy(() -> alone("photos").start())
                .isInstanceOf(LogException.class)
                .hasMessageContaining("sunset.jpg");
        Files.writeString(folder.resolve("one/identity"), "nobody");
        assertThatThrownBy(() -> alone("one").start())
                .isInstanceOf(LogException.class)
                .hasMessageContaining("does not name a server");
    }

    @Test
    void aStartThatWasStoppedWhileItTookTheFolderIsRepeated() throws Exception {
        Path one = Files.createDirectories(folder.resolve("one"));
        Files.writeString(one.resolve("identity.tmp"), "raft 1\nser");
        Files.writeString(one.resolve("LOCK"), "1");
        alone("one").serverId(1).start().close();
        assertThat(Files.readString(one.resolve("identity"))).contains("server 0000000000000001", "cluster test");
    }

    @Test
    void saysWhichPortIsTaken() throws Exception {
        try (ServerSocket taken = new ServerSocket(0)) {
            String address = "127.0.0.1:" + taken.getLocalPort();
            RaftServerBuilder builder = alone("one").serverId(1).peer(1, address);
            assertThatThrownBy(builder::start)
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining(Integer.toString(taken.getLocalPort()))
                    .hasMessageContaining("taken");
        }
        alone("one").serverId(1).start().close();
    }

    @Test
    void refusesListsThatDoNotFit() {
        for (String address : List.of("", "host", "host:", ":7001", "host:70000", "host:-1", "1:2:3", "host:x")) {
            assertThatThrownBy(() -> alone("one").peer(1, address))
                    .as(address)
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("host:port");
        }
        assertThat(Peers.parse("[::1]:7001").getHostString()).isEqualTo("::1");
        assertThatThrownBy(() -> alone("one").peer(0, "a:1")).hasMessageContaining("0");
        assertThatThrownBy(() -> alone("one").peer(1, "a:1").peer(1, "b:1")).hasMessageContaining("given twice");
        assertThatThrownBy(() ->
                        alone("one").serverId(1).peer(1, "a:1").peer(2, "a:1").start())
                .hasMessageContaining("servers 1 and 2 have the same address a:1");
        assertThatThrownBy(() ->
                        alone("one").serverId(3).peer(1, "a:1").peer(2, "a:2").start())
                .hasMessageContaining("server 3 and the peers are [1, 2]");
        assertThatThrownBy(() -> alone("one").peer(1, "a:1").start()).hasMessageContaining("serverId is not set");
        assertThatThrownBy(() -> alone("one").serverId(0)).hasMessageContaining("0 is no server id");
        assertThatThrownBy(() -> RaftServer.builder().clusterId("two\nlines")).hasMessageContaining("one line");
        assertThatThrownBy(() -> RaftServer.builder().dataFolder(folder).start())
                .hasMessageContaining("set clusterId");
        assertThatThrownBy(() -> RaftServer.builder().clusterId("test").start()).hasMessageContaining("set dataFolder");
        assertThatThrownBy(() -> alone("one").loops(0)).hasMessageContaining("[1, 64]");
    }

    @Test
    void oneThatJoinsCannotFoundAGroup() throws Exception {
        try (RaftServer server =
                alone("one").listen("127.0.0.1:0").peer(1, "127.0.0.1:1").start()) {
            assertThatThrownBy(() -> server.openGroup(GROUP, new Sum()))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("joinGroup");
        }
    }

    @Test
    void tellsWhoWaitsWhenItCloses() throws Exception {
        start(1, 2);
        RaftGroup leader = leader();
        servers.get(3 - leader.self().server()).close();
        CompletionStage<Object> never = leader.propose(Sum.add(1));
        servers.get(leader.self().server()).close();
        assertThatThrownBy(() -> get(never)).hasCauseInstanceOf(RaftException.class);
        assertThatThrownBy(() -> get(leader.propose(Sum.add(1)))).hasCauseInstanceOf(RaftException.Stopped.class);
        assertThatThrownBy(() -> get(leader.read(() -> 0))).hasCauseInstanceOf(RaftException.Stopped.class);
    }
}
