package io.raftkv.raft.driver;

import io.raftkv.raft.EventLoop;
import io.raftkv.raft.log.Disk;
import io.raftkv.raft.log.LogOptions;
import io.raftkv.raft.transport.Transport;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.function.Consumer;

/**
 * What a {@link RaftNode} is made of.
 *
 * @param serverId the random id that lies in the data folder of this server, not 0
 * @param clusterId of the cluster; a log of another one is refused
 * @param disk the data folder
 * @param loops groups are spread over them by their ids
 * @param logExecutor runs the writes of the log: one at a time, in order. May block on the disk
 * @param backgroundExecutor writes, reads and checks snapshots: one at a time, in order
 * @param transport owned by the node from here on
 * @param seed of the random election time-outs
 * @param observer told of what happens, for tests and metrics
 * @param onFailure told once if the node must stop: the disk failed, or an invariant broke. The node answers nothing any
 *     more; the process should end
 */
public record RaftNodeOptions(
        long serverId,
        String clusterId,
        Disk disk,
        List<EventLoop> loops,
        Executor logExecutor,
        Executor backgroundExecutor,
        Transport transport,
        RaftOptions raft,
        LogOptions log,
        long seed,
        RaftObserver observer,
        Consumer<Throwable> onFailure) {
    public RaftNodeOptions {
        loops = List.copyOf(loops);
        if (serverId == 0 || loops.isEmpty()) {
            throw new IllegalArgumentException("a node needs a server id that is not 0 and at least one loop");
        }
    }
}
