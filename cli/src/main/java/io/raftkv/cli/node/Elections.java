package io.raftkv.cli.node;

import io.raftkv.callback.RaftCallBack;
import io.raftkv.callback.RaftClientImp;
import java.io.PrintStream;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Tells what happens in a cluster in words, from the coordinator's callbacks.
 *
 * <p>Threads: the client's callback thread.
 */
final class Elections implements RaftCallBack {
    private final PrintStream err;
    private final Map<Integer, String> leaders = new ConcurrentHashMap<>();

    Elections(PrintStream err) {
        this.err = err;
    }

    @Override
    public void onSlotChanged(int shard, @Nullable String leader) {
        String before = leader == null ? leaders.remove(shard) : leaders.put(shard, leader);
        if (leader == null) {
            err.println("shard " + shard + " has no leader");
        } else if (before == null) {
            err.println("shard " + shard + " elected " + leader);
        } else if (!before.equals(leader)) {
            err.println("shard " + shard + " elected " + leader + " after " + before);
        }
    }

    @Override
    public void onShardMapChanged(long version) {
        err.println("shard map is now version " + version);
    }

    @Override
    public void onMemberJoin(int idx, String address) {
        err.println("server " + address + " joined");
    }

    @Override
    public void onMemberLeave(String address) {
        err.println("server " + address + " left");
    }

    // This client only looks on: it claims no leadership.
    @Override
    public void onBecomeLeader(RaftClientImp client) {}

    @Override
    public void onSelectLeaderFailed(RaftClientImp client) {}

    @Override
    public void onLeaderFailed(int epoch) {}
}
