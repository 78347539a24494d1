package io.raftkv.kvserver.service;

import io.raftkv.config.HostPort;
import io.raftkv.kvserver.cluster.ShardTable;
import io.raftkv.kvserver.shard.LeaderView;
import io.raftkv.kvserver.shard.ShardGroup;
import io.raftkv.raft.Configuration;
import io.raftkv.raft.GroupStatus;
import io.raftkv.raft.ReplicaId;
import io.raftkv.resp.CommandHandler;
import io.raftkv.resp.Reply;
import io.raftkv.resp.RespConnection;
import io.raftkv.resp.RespValue;
import java.util.List;
import java.util.Locale;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** RKV.STATUS: one map for each shard of this server, open or waiting. */
final class StatusCommand implements CommandHandler {
    private final ShardTable table;

    StatusCommand(ShardTable table) {
        this.table = table;
    }

    @Override
    public void command(RespConnection connection, byte[][] args, Reply reply) {
        SortedMap<Integer, RespValue> rows = new TreeMap<>();
        table.waiting().forEach((shard, reason) -> rows.put(shard, waiting(shard, reason)));
        table.groups().forEach(group -> rows.put(group.shard(), open(group)));
        reply.send(RespValue.array(List.copyOf(rows.values())));
    }

    private static RespValue waiting(int shard, String reason) {
        return new Fields()
                .add("shard", shard)
                .add("group-id", 0)
                .add("role", "none")
                .add("term", 0)
                .add("leader", RespValue.nil())
                .add("commit", 0)
                .add("applied", 0)
                .add("last", 0)
                .add("snapshot", 0)
                .add("members", RespValue.array())
                .add("sending", RespValue.array())
                .add("keys", 0)
                .add("bytes", 0)
                .add("sessions", 0)
                .add("session-bytes", 0)
                .add("state", reason)
                .add("map-version", 0)
                .add("move", "")
                .done();
    }

    private RespValue open(ShardGroup group) {
        GroupStatus status = group.group().status();
        LeaderView view = group.view();
        return new Fields()
                .add("shard", group.shard())
                .add("group-id", status.groupId())
                .add("role", status.role().name().toLowerCase(Locale.ROOT).replace('_', '-'))
                .add("term", status.term())
                .add("leader", text(status.leader()))
                .add("commit", status.commitIndex())
                .add("applied", status.lastApplied())
                .add("last", status.lastIndex())
                .add("snapshot", status.snapshotIndex())
                .add("members", members(status))
                .add("sending", sending(status))
                .add("keys", group.engine().size())
                .add("bytes", group.engine().bytes())
                .add("sessions", group.sessions().sessions())
                .add("session-bytes", group.sessions().resultBytes())
                .add("state", state(view))
                .add("map-version", status.configuration().mapVersion())
                .add("move", view.ready() ? table.movesWaitFor(group) : "")
                .done();
    }

    private static String state(LeaderView view) {
        if (view.ready()) {
            return "serving";
        }
        return view.leader() == null ? "waiting for a leader" : "following";
    }

    private RespValue members(GroupStatus status) {
        return RespValue.array(status.configuration().members().stream()
                .map(member -> RespValue.array(
                        text(member),
                        RespValue.integer(matchOf(status, member)),
                        RespValue.bulk(roleOf(status, member)),
                        RespValue.integer(status.unappliedBytes().getOrDefault(member, 0L))))
                .toList());
    }

    private RespValue sending(GroupStatus status) {
        return RespValue.array(status.sending().entrySet().stream()
                .map(transfer -> RespValue.array(
                        text(transfer.getKey()),
                        RespValue.integer(transfer.getValue().heldBytes()),
                        RespValue.integer(transfer.getValue().totalBytes())))
                .toList());
    }

    /** {@code voter}, {@code learner}, or in the middle of a change {@code joining} and {@code leaving}. */
    private static String roleOf(GroupStatus status, ReplicaId member) {
        Configuration configuration = status.configuration();
        if (configuration.learners().contains(member)) {
            return "learner";
        }
        boolean isOld = configuration.oldVoters().contains(member);
        boolean isNew = configuration.voters().contains(member);
        return !configuration.isJoint() || isOld && isNew ? "voter" : isNew ? "joining" : "leaving";
    }

    private static long matchOf(GroupStatus status, ReplicaId member) {
        if (member.equals(status.self())) {
            return status.lastIndex();
        }
        return status.matchIndex().getOrDefault(member, -1L);
    }

    private RespValue text(@Nullable ReplicaId replica) {
        if (replica == null) {
            return RespValue.nil();
        }
        HostPort address = table.addressOf(replica.server());
        return RespValue.bulk(address == null ? Long.toHexString(replica.server()) : address.toString());
    }
}
