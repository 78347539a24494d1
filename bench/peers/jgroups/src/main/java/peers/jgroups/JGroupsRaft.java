package peers.jgroups;

import java.io.DataInput;
import java.io.DataOutput;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.jgroups.JChannel;
import org.jgroups.protocols.FD_ALL3;
import org.jgroups.protocols.FD_SOCK2;
import org.jgroups.protocols.FRAG4;
import org.jgroups.protocols.MERGE3;
import org.jgroups.protocols.MFC;
import org.jgroups.protocols.TCP;
import org.jgroups.protocols.TCPPING;
import org.jgroups.protocols.UFC;
import org.jgroups.protocols.UNICAST3;
import org.jgroups.protocols.VERIFY_SUSPECT2;
import org.jgroups.protocols.pbcast.GMS;
import org.jgroups.protocols.pbcast.NAKACK2;
import org.jgroups.protocols.pbcast.STABLE;
import org.jgroups.protocols.raft.ELECTION;
import org.jgroups.protocols.raft.FileBasedLog;
import org.jgroups.protocols.raft.NO_DUPES;
import org.jgroups.protocols.raft.RAFT;
import org.jgroups.protocols.raft.REDIRECT;
import org.jgroups.raft.RaftHandle;
import org.jgroups.raft.StateMachine;
import peers.Cluster;

/**
 * The file based log with fsync, over TCP with TCP_NODELAY, without snapshots: by default one is taken for each megabyte of log.
 * A channel carries one group, so there is one.
 */
public final class JGroupsRaft implements Cluster {
    private final RaftHandle[] handles = new RaftHandle[NODES];
    private volatile RaftHandle leader;

    @Override
    public void start(Path folder, int groups) throws Exception {
        if (groups != 1) {
            throw new IllegalArgumentException("a channel carries one group");
        }
        InetAddress loopback = InetAddress.getByName("127.0.0.1");
        for (int i = 0; i < NODES; i++) {
            String name = String.valueOf((char) ('A' + i));
            TCP transport = new TCP();
            transport.setBindAddress(loopback);
            transport.setBindPort(7601 + i);
            transport.setPortRange(0);
            transport.tcpNodelay(true);
            TCPPING ping = new TCPPING();
            ping.initialHosts(List.of(
                    new InetSocketAddress(loopback, 7601),
                    new InetSocketAddress(loopback, 7602),
                    new InetSocketAddress(loopback, 7603)));
            ping.setPortRange(0);
            RAFT raft = new RAFT();
            raft.raftId(name);
            raft.members(List.of("A", "B", "C"));
            raft.logClass(FileBasedLog.class.getName());
            raft.logDir(Files.createDirectories(folder.resolve("node-" + name)).toString());
            raft.logUseFsync(true);
            raft.maxLogSize(Long.MAX_VALUE);
            JChannel channel = new JChannel(
                    transport,
                    ping,
                    new MERGE3(),
                    new FD_SOCK2(),
                    new FD_ALL3(),
                    new VERIFY_SUSPECT2(),
                    new NAKACK2().useMcastXmit(false),
                    new UNICAST3(),
                    new STABLE(),
                    new NO_DUPES(),
                    new GMS().setJoinTimeout(2000),
                    new UFC(),
                    new MFC(),
                    new FRAG4(),
                    new ELECTION(),
                    raft,
                    new REDIRECT());
            channel.name(name);
            handles[i] = new RaftHandle(channel, new Count());
            channel.connect("bench");
        }
        while ((leader = leader()) == null) {
            Thread.sleep(10);
        }
    }

    private RaftHandle leader() {
        return Arrays.stream(handles)
                .filter(RaftHandle::isLeader)
                .findFirst()
                .orElse(null);
    }

    @Override
    public void propose(int group, byte[] entry, Outcome outcome) {
        try {
            leader.setAsync(entry, 0, entry.length)
                    .whenComplete((result, failure) -> outcome.done(failure == null));
        } catch (Exception e) {
            // It throws if it does not lead.
            RaftHandle now = leader();
            leader = now == null ? leader : now;
            outcome.done(false);
        }
    }

    @Override
    public void close() {
        for (RaftHandle handle : handles) {
            handle.channel().close();
        }
    }

    private static final class Count implements StateMachine {
        private long count;

        @Override
        public byte[] apply(byte[] data, int offset, int length, boolean serialize) {
            count++;
            return null;
        }

        @Override
        public void readContentFrom(DataInput in) throws Exception {
            count = in.readLong();
        }

        @Override
        public void writeContentTo(DataOutput out) throws Exception {
            out.writeLong(count);
        }
    }
}
