package io.raftkv.coordinator;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.raftkv.resp.RespClient;
import io.raftkv.resp.RespValue;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Sessions and their events, as they look on the wire. */
@Timeout(90)
class SessionsClusterTest {
    @TempDir
    private Path folder;

    private final EventLoopGroup loops = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
    private final List<Connection> connections = new ArrayList<>();
    private TestCluster cluster;

    @BeforeEach
    void start() {
        cluster = new TestCluster(folder, 3).startAll();
        cluster.leader();
    }

    @AfterEach
    void close() throws InterruptedException {
        connections.forEach(connection -> connection.client.close());
        cluster.close();
        loops.shutdownGracefully(0, 5, TimeUnit.SECONDS).await();
    }

    private final class Connection {
        final List<String> events = new CopyOnWriteArrayList<>();
        final RespClient client;

        Connection(int node) throws Exception {
            RespClient.Options options =
                    RespClient.Options.DEFAULT.withProtocol(3).withOnPush(this::pushed);
            client = RespClient.connect(
                            loops, "127.0.0.1", cluster.config(node).listen().port(), options)
                    .get(10, TimeUnit.SECONDS);
            connections.add(this);
        }

        private void pushed(RespValue.Push push) {
            List<String> words = push.items().stream().map(RespValue::asText).toList();
            events.add(String.join(" ", words));
        }

        RespValue ask(String... args) throws Exception {
            return client.send(args).get(10, TimeUnit.SECONDS);
        }

        long open(String service, int timeoutMs) throws Exception {
            return ask("SESSION.OPEN", service, "" + timeoutMs).asList().get(0).asLong();
        }
    }

    @Test
    void aSilentSessionEndsAndTheOthersAreToldWhereverTheyAre() throws Exception {
        Connection watcher = new Connection(cluster.leader());
        Connection other = new Connection(cluster.follower());
        long watching = watcher.open("default", 60_000);
        long silent = other.open("default", 500);
        assertThat(other.ask("MEMBER.JOIN", "" + silent, "1", "host:1")).isEqualTo(RespValue.ok());
        assertThat(other.ask("ELECT", "" + silent, "4").asList().get(0).asLong())
                .isEqualTo(1);
        Awaitility.await().until(() -> watcher.events.size() == 3);
        assertThat(watcher.events)
                .containsExactly(
                        "event 1 member-join 1 host:1", "event 2 member-leave host:1", "event 3 leader-failed 4");
        assertThat(other.ask("SESSION.PING", "" + silent, "0").errorMessage()).startsWith("SESSIONEXPIRED");
        assertThat(other.ask("SESSION.PING", "" + watching, "0")).isEqualTo(RespValue.simple("PONG"));
        assertThat(other.ask("ALIVE", "default").asList()).isEmpty();
    }

    @Test
    void heartbeatsThroughAFollowerKeepASession() throws Exception {
        Connection client = new Connection(cluster.follower());
        long session = client.open("default", 600);
        long end = System.nanoTime() + 2_000_000_000L;
        Awaitility.await().pollInterval(Duration.ofMillis(100)).until(() -> {
            assertThat(client.ask("SESSION.PING", "" + session, "0")).isEqualTo(RespValue.simple("PONG"));
            return System.nanoTime() > end;
        });
    }

    @Test
    void aSessionMovesToAnotherNodeWithoutLosingAnEventWhileItsNodeAndLeaderDies() throws Exception {
        int leader = cluster.leader();
        Connection first = new Connection(leader);
        long session = first.open("default", 20_000);
        Connection writer = new Connection(cluster.follower());
        writer.ask("SETSLOT", "default", "0", "a");
        Awaitility.await().until(() -> first.events.equals(List.of("event 1 slot 0 a")));
        cluster.stop(leader);
        assertThat(writer.ask("SETSLOT", "default", "0", "b")).isEqualTo(RespValue.ok());
        Connection second = new Connection(cluster.follower());
        assertThat(second.ask("SESSION.RESUME", "default", "" + session, "1")).isEqualTo(RespValue.ok());
        writer.ask("SETSLOT", "default", "0", "c");
        Awaitility.await().until(() -> second.events.size() == 2);
        assertThat(second.events).containsExactly("event 2 slot 0 b", "event 3 slot 0 c");
    }

    @Test
    void aRequestThatIsSentAgainToAnotherNodeGetsItsFirstResult() throws Exception {
        Connection one = new Connection(cluster.leader());
        Connection other = new Connection(cluster.follower());
        String[] open = {"REQ", "00000000000000ab", "1", "SESSION.OPEN", "default", "5000"};
        RespValue first = one.ask(open);
        assertThat(other.ask(open)).isEqualTo(first);
        assertThat(one.ask("REQ", "ab", "2", "MOVE", "0", "7").errorMessage()).isEqualTo("NOSUCHGROUP no such group 7");
        assertThat(one.ask("REQ", "ab", "3", "NOSUCH").errorMessage()).startsWith("ERR unknown command");
        assertThat(one.ask("REQ", "ab", "3", "MOVE").errorMessage()).startsWith("ERR wrong number of arguments");
    }

    @Test
    void withoutAMajorityRequestsSayWhoIsSeen() throws Exception {
        int leader = cluster.leader();
        int follower = cluster.follower();
        Connection last = new Connection(follower);
        cluster.stop(leader);
        cluster.stop(3 - leader - follower);
        Awaitility.await()
                .atMost(Duration.ofSeconds(20))
                .until(() -> last.ask("COORD.INFO").asMap().get("leader").isNull());
        assertThat(last.ask("SLOTS", "default").errorMessage())
                .startsWith("NOLEADER no majority is reachable: 1 of 3 coordinator nodes seen");
        assertThat(last.ask("INFO").asText()).contains("raftkv_mode:coordinator");
    }
}
