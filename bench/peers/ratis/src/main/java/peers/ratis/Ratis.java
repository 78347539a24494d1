package peers.ratis;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import org.apache.ratis.RaftConfigKeys;
import org.apache.ratis.conf.RaftProperties;
import org.apache.ratis.grpc.GrpcConfigKeys;
import org.apache.ratis.proto.RaftProtos.LogEntryProto;
import org.apache.ratis.protocol.ClientId;
import org.apache.ratis.protocol.GroupManagementRequest;
import org.apache.ratis.protocol.Message;
import org.apache.ratis.protocol.RaftClientRequest;
import org.apache.ratis.protocol.RaftGroup;
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.protocol.RaftPeer;
import org.apache.ratis.protocol.RaftPeerId;
import org.apache.ratis.rpc.SupportedRpcType;
import org.apache.ratis.server.RaftServer;
import org.apache.ratis.server.RaftServerConfigKeys;
import org.apache.ratis.statemachine.TransactionContext;
import org.apache.ratis.statemachine.impl.BaseStateMachine;
import org.apache.ratis.thirdparty.com.google.protobuf.ByteString;
import org.apache.ratis.thirdparty.com.google.protobuf.UnsafeByteOperations;
import org.apache.ratis.util.TimeDuration;
import peers.Cluster;

/**
 * Over gRPC; each replica has a log of segments and a thread that flushes it, for all entries that wait. What is proposed in the
 * leader goes through its retry cache, as a client's requests do, but for the way from a client to the leader.
 *
 * <p>Other than by default: election time-outs as those of the library that it is measured beside (with 150 to 300 ms leaders
 * change under load); and a leader has one message to a follower under way, not 8: with more it sends each entry alone, and a
 * message costs it so much that it takes less than half as many entries. Snapshots are off by default.
 */
public final class Ratis implements Cluster {
    private static final ClientId CLIENT = ClientId.randomId();

    private final RaftServer[] servers = new RaftServer[NODES];
    private final AtomicLong calls = new AtomicLong();
    private final List<RaftPeer> peers = new ArrayList<>();
    private RaftGroup[] groups;
    private volatile RaftServer[] leaders;

    @Override
    public void start(Path folder, int groupCount) throws Exception {
        for (int i = 0; i < NODES; i++) {
            peers.add(RaftPeer.newBuilder()
                    .setId("n" + i)
                    .setAddress("127.0.0.1:" + (7501 + i))
                    .build());
        }
        groups = new RaftGroup[groupCount];
        leaders = new RaftServer[groupCount];
        for (int group = 0; group < groupCount; group++) {
            groups[group] = RaftGroup.valueOf(RaftGroupId.valueOf(new UUID(1, group)), peers);
        }
        for (int i = 0; i < NODES; i++) {
            servers[i] = server(i, folder.resolve("node-" + i));
            servers[i].start();
        }
        for (int group = 1; group < groupCount; group++) {
            for (RaftServer server : servers) {
                server.groupManagement(
                        GroupManagementRequest.newAdd(CLIENT, server.getId(), calls.incrementAndGet(), groups[group]));
            }
        }
        for (int group = 0; group < groupCount; group++) {
            while ((leaders[group] = leader(group)) == null) {
                Thread.sleep(10);
            }
        }
    }

    private RaftServer server(int i, Path folder) throws IOException {
        RaftProperties properties = new RaftProperties();
        RaftConfigKeys.Rpc.setType(properties, SupportedRpcType.GRPC);
        GrpcConfigKeys.Server.setPort(properties, 7501 + i);
        RaftServerConfigKeys.Rpc.setTimeoutMin(properties, TimeDuration.valueOf(600, TimeUnit.MILLISECONDS));
        RaftServerConfigKeys.Rpc.setTimeoutMax(properties, TimeDuration.valueOf(1200, TimeUnit.MILLISECONDS));
        GrpcConfigKeys.Server.setLeaderOutstandingAppendsMax(properties, 1);
        RaftServerConfigKeys.setStorageDir(properties, List.of(folder.toFile()));
        if (RaftServerConfigKeys.Log.unsafeFlushEnabled(properties)) {
            throw new IllegalStateException("the log is not synced before it is acknowledged");
        }
        return RaftServer.newBuilder()
                .setServerId(RaftPeerId.valueOf("n" + i))
                .setGroup(groups[0])
                .setStateMachineRegistry(group -> new Count())
                .setProperties(properties)
                .build();
    }

    private RaftServer leader(int group) throws IOException {
        for (RaftServer server : servers) {
            if (server.getDivision(groups[group].getGroupId()).getInfo().isLeaderReady()) {
                return server;
            }
        }
        return null;
    }

    @Override
    public void propose(int group, byte[] entry, Outcome outcome) {
        RaftServer leader = leaders[group];
        ByteString content = UnsafeByteOperations.unsafeWrap(entry);
        RaftClientRequest request = RaftClientRequest.newBuilder()
                .setClientId(CLIENT)
                .setServerId(leader.getId())
                .setGroupId(groups[group].getGroupId())
                .setCallId(calls.incrementAndGet())
                .setMessage(() -> content)
                .setType(RaftClientRequest.writeRequestType())
                .build();
        try {
            leader.submitClientRequestAsync(request).whenComplete((reply, failure) -> {
                boolean applied = failure == null && reply.isSuccess();
                if (!applied) {
                    find(group);
                }
                outcome.done(applied);
            });
        } catch (IOException e) {
            outcome.done(false);
        }
    }

    private void find(int group) {
        try {
            RaftServer leader = leader(group);
            leaders[group] = leader == null ? leaders[group] : leader;
        } catch (IOException e) {
            // The next try asks the old one again.
            return;
        }
    }

    @Override
    public void close() throws Exception {
        for (RaftServer server : servers) {
            server.close();
        }
    }

    private static final class Count extends BaseStateMachine {
        private final LongAdder count = new LongAdder();

        @Override
        public CompletableFuture<Message> applyTransaction(TransactionContext transaction) {
            LogEntryProto entry = transaction.getLogEntry();
            updateLastAppliedTermIndex(entry.getTerm(), entry.getIndex());
            count.increment();
            return CompletableFuture.completedFuture(Message.EMPTY);
        }
    }
}
