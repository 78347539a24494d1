package io.raftkv.kvserver.cluster;

import io.raftkv.callback.CoordinatorException;
import io.raftkv.callback.Fence;
import io.raftkv.callback.RaftClientImp;
import io.raftkv.kvserver.shard.LeaderView;
import io.raftkv.kvserver.shard.ShardGroup;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes the address of this server into the slots of the shards that it leads, until that is acknowledged. The fence of
 * shard generation and term keeps a leader that was deposed meanwhile from overwriting the one that followed it.
 *
 * <p>Threads: {@link #leaderChanged} any; {@link #registerAll} the control thread, as it blocks.
 */
final class SlotRegistrar {
    private static final Logger LOG = LoggerFactory.getLogger(SlotRegistrar.class);

    private final ShardTable table;
    /** The shards that are not registered yet, with the term in which this server leads. */
    private final Map<Integer, Long> unregistered = new ConcurrentSkipListMap<>();

    SlotRegistrar(ShardTable table) {
        this.table = table;
    }

    /** Notes a change; returns whether there is something to register. */
    boolean leaderChanged(ShardGroup group) {
        LeaderView view = group.view();
        if (view.ready()) {
            unregistered.put(group.shard(), view.term());
        } else {
            unregistered.remove(group.shard());
        }
        return view.ready();
    }

    /** Tries to register all; returns false if some are left to be tried again. */
    boolean registerAll(RaftClientImp session) {
        for (Map.Entry<Integer, Long> entry : List.copyOf(unregistered.entrySet())) {
            ShardGroup group = table.group(entry.getKey());
            if (group != null && isDone(session, group, entry.getValue())) {
                unregistered.remove(entry.getKey(), entry.getValue());
            }
        }
        return unregistered.isEmpty();
    }

    /** Whether there is nothing left to register, as it is done or another leader came. */
    private boolean isDone(RaftClientImp session, ShardGroup group, long term) {
        LeaderView view = group.view();
        if (!view.ready() || view.term() != term) {
            return true;
        }
        try {
            session.setSlot(group.shard(), table.self().toString(), new Fence(group.generation(), term));
            return true;
        } catch (CoordinatorException e) {
            if (e.is(CoordinatorException.FENCED)) {
                LOG.info("shard {}: a later leader is registered: {}", group.shard(), e.getMessage());
                return true;
            }
            LOG.warn("shard {}: not registered yet, tried again: {}", group.shard(), e.getMessage());
            return false;
        }
    }
}
