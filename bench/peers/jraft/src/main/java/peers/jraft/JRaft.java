package peers.jraft;

import com.alipay.sofa.jraft.Closure;
import com.alipay.sofa.jraft.Iterator;
import com.alipay.sofa.jraft.JRaftUtils;
import com.alipay.sofa.jraft.Node;
import com.alipay.sofa.jraft.NodeManager;
import com.alipay.sofa.jraft.RaftGroupService;
import com.alipay.sofa.jraft.Status;
import com.alipay.sofa.jraft.core.StateMachineAdapter;
import com.alipay.sofa.jraft.entity.PeerId;
import com.alipay.sofa.jraft.entity.Task;
import com.alipay.sofa.jraft.option.NodeOptions;
import com.alipay.sofa.jraft.rpc.RaftRpcServerFactory;
import com.alipay.sofa.jraft.rpc.RpcServer;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import peers.Cluster;

/**
 * Default settings, of which sync is one: the log is in RocksDB, one database for each replica, written with sync, up to 256
 * entries in a batch. Its queues of 16,384 and its 256 messages under way to a follower hold all that is in flight here. Timers
 * are shared if there are many groups. There are no snapshots, as no folder for them is set.
 */
public final class JRaft implements Cluster {
    private Node[][] nodes;
    private volatile Node[] leaders;

    @Override
    public void start(Path folder, int groups) throws Exception {
        nodes = new Node[groups][NODES];
        leaders = new Node[groups];
        for (int i = 0; i < NODES; i++) {
            PeerId self = PeerId.parsePeer("127.0.0.1:" + (7401 + i));
            NodeManager.getInstance().addAddress(self.getEndpoint());
            RpcServer rpc = RaftRpcServerFactory.createRaftRpcServer(self.getEndpoint());
            if (!rpc.init(null)) {
                throw new IllegalStateException("no RPC server at " + self);
            }
            for (int group = 0; group < groups; group++) {
                Path data = Files.createDirectories(folder.resolve("node-" + i + "/" + group));
                NodeOptions options = new NodeOptions();
                options.setInitialConf(JRaftUtils.getConfiguration("127.0.0.1:7401,127.0.0.1:7402,127.0.0.1:7403"));
                options.setFsm(new Count());
                options.setLogUri(data.resolve("log").toString());
                options.setRaftMetaUri(data.resolve("meta").toString());
                options.setSharedElectionTimer(groups > 1);
                options.setSharedVoteTimer(groups > 1);
                options.setSharedStepDownTimer(groups > 1);
                if (!options.getRaftOptions().isSync()) {
                    throw new IllegalStateException("the log is not synced");
                }
                nodes[group][i] = new RaftGroupService("group-" + group, self, options, rpc, true).start(false);
            }
        }
        for (int group = 0; group < groups; group++) {
            while ((leaders[group] = leader(group)) == null) {
                Thread.sleep(10);
            }
        }
    }

    private Node leader(int group) {
        for (Node node : nodes[group]) {
            if (node.isLeader(false)) {
                return node;
            }
        }
        return null;
    }

    @Override
    public void propose(int group, byte[] entry, Outcome outcome) {
        leaders[group].apply(new Task(ByteBuffer.wrap(entry), status -> {
            if (!status.isOk()) {
                Node leader = leader(group);
                leaders[group] = leader == null ? leaders[group] : leader;
            }
            outcome.done(status.isOk());
        }));
    }

    @Override
    public void close() {
        for (Node[] group : nodes) {
            for (Node node : group) {
                node.shutdown();
            }
        }
    }

    private static final class Count extends StateMachineAdapter {
        private long count;

        @Override
        public void onApply(Iterator entries) {
            for (; entries.hasNext(); entries.next()) {
                count++;
                Closure done = entries.done();
                if (done != null) {
                    done.run(Status.OK());
                }
            }
        }
    }
}
