package io.raftkv.raft.driver;

import io.raftkv.raft.GroupStatus.Role;
import io.raftkv.raft.ReplicaId;
import io.raftkv.raft.core.RaftCore;
import java.util.Set;
import java.util.TreeSet;

/**
 * Follows whether a replica sleeps, and has the servers watched in which it trusts meanwhile: a follower in that of its
 * leader, a leader in those of all members. Threads: the group's loop.
 */
final class Sleep {
    private final RaftNode node;
    private final RaftCore core;
    private final long groupId;
    private Set<Long> trusted = Set.of();
    private boolean asleep;

    Sleep(RaftNode node, RaftCore core, long groupId) {
        this.node = node;
        this.core = core;
        this.groupId = groupId;
    }

    /** At the end of a turn. */
    void follow() {
        if (asleep != core.isAsleep()) {
            if (asleep) {
                end();
            } else {
                begin();
            }
        }
    }

    private void begin() {
        asleep = true;
        Set<Long> servers = new TreeSet<>();
        ReplicaId leader = core.leader();
        if (core.role() == Role.LEADER) {
            core.configuration().members().forEach(member -> servers.add(member.server()));
        } else if (leader != null) {
            servers.add(leader.server());
        }
        servers.remove(node.options().serverId());
        trusted = servers;
        node.sleeps(servers);
        node.options().observer().slept(groupId, core.self());
    }

    /** It wakes up, or is closed. */
    void end() {
        if (asleep) {
            asleep = false;
            node.woke(trusted);
            trusted = Set.of();
            node.options().observer().woke(groupId, core.self());
        }
    }

    /** Whether it sleeps in trust of {@code server}. */
    boolean trusts(long server) {
        return asleep && trusted.contains(server);
    }
}
