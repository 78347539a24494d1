package io.raftkv.coordinator;

import static org.assertj.core.api.Assertions.assertThat;

import io.raftkv.callback.RaftCallBack;
import io.raftkv.callback.RaftClient;
import io.raftkv.callback.RaftClientImp;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The client library against real nodes: all five callbacks, while the coordinator loses its leader. */
@Timeout(60)
class CallbacksClusterTest {
    @TempDir
    private Path folder;

    private static final class Service implements RaftCallBack {
        final List<String> told = new CopyOnWriteArrayList<>();
        final RaftClient client = new RaftClient(this);

        @Override
        public void onBecomeLeader(RaftClientImp leader) {
            leader.setSlot(0, "by " + leader.sessionId());
            told.add("leader");
        }

        @Override
        public void onSelectLeaderFailed(RaftClientImp loser) {
            told.add("lost");
        }

        @Override
        public void onLeaderFailed(int epoch) {
            told.add("failed " + epoch);
            client.electLeader(epoch + 1);
        }

        @Override
        public void onMemberJoin(int idx, String address) {
            told.add("join " + idx + " " + address);
        }

        @Override
        public void onMemberLeave(String address) {
            told.add("leave " + address);
        }

        void await(String... expected) {
            Awaitility.await().atMost(Duration.ofSeconds(20)).untilAsserted(() -> assertThat(told)
                    .containsExactly(expected));
        }
    }

    @Test
    @SuppressWarnings("try") // That the first client closes is the point; closing twice is allowed.
    void aServiceElectsItsLeaderAndAnotherWhenThatOneLeaves() {
        try (TestCluster cluster = new TestCluster(folder, 3).startAll()) {
            int leader = cluster.leader();
            Service one = new Service();
            Service two = new Service();
            try (RaftClient first = one.client;
                    RaftClient second = two.client) {
                first.connect(cluster.clientConfig(leader, cluster.follower()));
                first.join(0, "host:1");
                second.connect(cluster.clientConfig(cluster.follower(), leader));
                second.join(1, "host:2");
                one.await("join 1 host:2");
                first.electLeader(1);
                one.await("join 1 host:2", "leader");
                second.electLeader(1);
                two.await("lost");
                cluster.stop(leader);
                assertThat(first.getCurrentAlive()).containsExactly("host:1", "host:2");
                assertThat(second.getCurrentSlot()).containsExactly("by " + first.sessionId());
                first.close();
                two.await("lost", "leave host:1", "failed 1", "leader");
                assertThat(second.getCurrentSlot()).containsExactly("by " + second.sessionId());
                assertThat(second.getCurrentAlive()).containsExactly("host:2");
            }
        }
    }
}
