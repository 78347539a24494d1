package io.raftkv.coordinator.state;

import io.raftkv.raft.Bytes;
import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A change to the replicated state. What a constructor refuses never reaches the log; what the state refuses is refused
 * there, by all replicas alike.
 */
public sealed interface Command {
    <T> T dispatch(Handler<T> handler);

    /** One method for each command, so that a forgotten one does not compile. */
    interface Handler<T> {
        T openSession(OpenSession command);

        T closeSession(CloseSession command);

        T expireSessions(ExpireSessions command);

        T joinMember(JoinMember command);

        T elect(Elect command);

        T setSlot(SetSlot command);

        T joinGroups(JoinGroups command);

        T leaveGroups(LeaveGroups command);

        T moveShard(MoveShard command);

        T bindServer(BindServer command);

        T activate(Activate command);

        T placeShard(PlaceShard command);

        T replaceServer(ReplaceServer command);

        T changeNodes(ChangeNodes command);

        T settleNodes(SettleNodes command);

        T moveNode(MoveNode command);

        T recoverNodes(RecoverNodes command);
    }

    /** Opens a session; the result is its id and the sequence of the last event before it. */
    record OpenSession(String service, int timeoutMs) implements Command {
        public OpenSession {
            Names.checkService(service);
            if (timeoutMs < Limits.MIN_SESSION_TIMEOUT_MS || timeoutMs > Limits.MAX_SESSION_TIMEOUT_MS) {
                throw Refusal.error("a session times out after " + Limits.MIN_SESSION_TIMEOUT_MS + ".."
                        + Limits.MAX_SESSION_TIMEOUT_MS + " ms, not " + timeoutMs);
            }
        }

        @Override
        public <T> T dispatch(Handler<T> handler) {
            return handler.openSession(this);
        }
    }

    /** Ends a session by its client's wish. */
    record CloseSession(long session) implements Command {
        @Override
        public <T> T dispatch(Handler<T> handler) {
            return handler.closeSession(this);
        }
    }

    /** Ends sessions whose clients were silent for too long, in the order given; proposed by the leader alone. */
    record ExpireSessions(List<Long> sessions) implements Command {
        public ExpireSessions {
            sessions = List.copyOf(sessions);
        }

        @Override
        public <T> T dispatch(Handler<T> handler) {
            return handler.expireSessions(this);
        }
    }

    /** Makes a session a member of its service. */
    record JoinMember(long session, int index, Bytes address) implements Command {
        public JoinMember {
            Names.checkMemberAddress(address);
        }

        @Override
        public <T> T dispatch(Handler<T> handler) {
            return handler.joinMember(this);
        }
    }

    /** Claims to lead a service. */
    record Elect(long session, int epoch) implements Command {
        @Override
        public <T> T dispatch(Handler<T> handler) {
            return handler.elect(this);
        }
    }

    /** Writes a slot. */
    record SetSlot(
            String service,
            int index,
            Bytes text,
            @Nullable EpochClaim claim,
            @Nullable Fence fence,
            boolean force) implements Command {
        public SetSlot {
            Names.checkService(service);
            if (index < 0 || index > Limits.MAX_SLOT_INDEX) {
                throw Refusal.error("slot index must be 0.." + Limits.MAX_SLOT_INDEX + ", not " + index);
            }
            if (text.length() > Limits.MAX_SLOT_BYTES) {
                throw Refusal.error("a slot holds up to " + Limits.MAX_SLOT_BYTES + " bytes, not " + text.length());
            }
        }

        @Override
        public <T> T dispatch(Handler<T> handler) {
            return handler.setSlot(this);
        }
    }

    /** The writer of a slot says that it leads in exactly this epoch. */
    record EpochClaim(long session, int epoch) {}

    /** Adds groups, or changes their servers, and spreads the shards anew: one change, however many groups. */
    record JoinGroups(SortedMap<Integer, List<String>> groups) implements Command {
        public JoinGroups {
            SortedMap<Integer, List<String>> copy = new TreeMap<>();
            groups.forEach((gid, addresses) -> copy.put(gid, List.copyOf(addresses)));
            groups = Collections.unmodifiableSortedMap(copy);
            Names.checkGroups(groups);
        }

        @Override
        public <T> T dispatch(Handler<T> handler) {
            return handler.joinGroups(this);
        }
    }

    /** Removes groups and spreads their shards over the others. */
    record LeaveGroups(List<Integer> gids) implements Command {
        public LeaveGroups {
            gids = List.copyOf(gids);
        }

        @Override
        public <T> T dispatch(Handler<T> handler) {
            return handler.leaveGroups(this);
        }
    }

    /** Gives one shard to another group; lasts until the next join or leave spreads the shards anew. */
    record MoveShard(int shard, int gid) implements Command {
        @Override
        public <T> T dispatch(Handler<T> handler) {
            return handler.moveShard(this);
        }
    }

    /** Notes which server answers at an address. */
    record BindServer(String address, long server) implements Command {
        public BindServer {
            address = Names.normalAddress(address);
            if (server == 0) {
                throw Refusal.error("no server has the id 0");
            }
        }

        @Override
        public <T> T dispatch(Handler<T> handler) {
            return handler.bindServer(this);
        }
    }

    /** Writes the first members of a shard's Raft group, once and for ever. */
    record Activate(int shard) implements Command {
        @Override
        public <T> T dispatch(Handler<T> handler) {
            return handler.activate(this);
        }
    }

    /** Tells where a shard is; the newest configuration counts. */
    record PlaceShard(Placement placement) implements Command {
        public PlaceShard {
            int servers = placement.voters().size();
            if (servers < 1
                    || servers > Limits.MAX_GROUP_SERVERS
                    || placement.retired().size() > Limits.MAX_SERVERS) {
                throw Refusal.error("a shard is at 1.." + Limits.MAX_GROUP_SERVERS + " servers, not at " + servers);
            }
        }

        @Override
        public <T> T dispatch(Handler<T> handler) {
            return handler.placeShard(this);
        }
    }

    /** Forgets which server answers at an address, as it lost its data. */
    record ReplaceServer(String address) implements Command {
        public ReplaceServer {
            address = Names.normalAddress(address);
        }

        @Override
        public <T> T dispatch(Handler<T> handler) {
            return handler.replaceServer(this);
        }
    }

    /**
     * Wishes a change of the coordinator's own nodes; the result is the roster's version.
     *
     * @param joins who becomes a member, if anybody does
     * @param leaves the id of a member that leaves, or 0
     */
    record ChangeNodes(@Nullable Node joins, long leaves) implements Command {
        public ChangeNodes {
            if (joins == null && leaves == 0) {
                throw Refusal.error("a change of the nodes needs one that joins or leaves");
            }
        }

        @Override
        public <T> T dispatch(Handler<T> handler) {
            return handler.changeNodes(this);
        }
    }

    /** Ends a change of the nodes by what Raft's configuration came to; proposed by the leader alone. */
    record SettleNodes(long version, List<Long> voters) implements Command {
        public SettleNodes {
            voters = List.copyOf(voters);
        }

        @Override
        public <T> T dispatch(Handler<T> handler) {
            return handler.settleNodes(this);
        }
    }

    /** A node of the coordinator has another address than before; proposed by the leader alone. */
    record MoveNode(Node node) implements Command {
        @Override
        public <T> T dispatch(Handler<T> handler) {
            return handler.moveNode(this);
        }
    }

    /**
     * A majority of the nodes was given up by hand, and Raft's configuration has no others than {@code nodes}; proposed by the
     * leader alone. Nothing that may have been given out and lost is given out again: all sessions end, and session ids, epochs
     * and the version of the shard map go on far above.
     */
    record RecoverNodes(List<Long> nodes) implements Command {
        public RecoverNodes {
            nodes = List.copyOf(nodes);
        }

        @Override
        public <T> T dispatch(Handler<T> handler) {
            return handler.recoverNodes(this);
        }
    }
}
