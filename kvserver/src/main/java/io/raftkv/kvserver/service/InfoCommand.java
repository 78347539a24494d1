package io.raftkv.kvserver.service;

import io.raftkv.kvserver.cluster.ShardTable;
import io.raftkv.kvserver.cluster.Topology;
import io.raftkv.kvserver.shard.ShardGroup;
import io.raftkv.raft.GroupStatus;
import io.raftkv.resp.CommandHandler;
import io.raftkv.resp.Reply;
import io.raftkv.resp.RespConnection;
import io.raftkv.resp.RespValue;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;

/** INFO: what tools read of a Redis server, and a section on Raft. Nothing here walks keys. */
final class InfoCommand implements CommandHandler {
    private static final Set<String> ALL = Set.of("all", "everything", "default");

    private final ShardTable table;
    private final KvHandler handler;
    private final long startNanos = System.nanoTime();
    private final Map<String, Consumer<Text>> sections = new LinkedHashMap<>();

    InfoCommand(ShardTable table, KvHandler handler) {
        this.table = table;
        this.handler = handler;
        sections.put("Server", this::server);
        sections.put("Clients", text -> text.line("connected_clients", handler.openConnections())
                .line("blocked_clients", 0));
        sections.put("Memory", this::memory);
        sections.put("Persistence", text -> text.line("loading", 0)
                .line("async_loading", 0)
                .line("aof_enabled", 1)
                .line("aof_last_write_status", "ok"));
        sections.put("Stats", this::stats);
        sections.put("Replication", this::replication);
        sections.put("Cluster", text -> text.line("cluster_enabled", 1));
        sections.put("Keyspace", this::keyspace);
        sections.put("Raft", this::raft);
    }

    @Override
    public void command(RespConnection connection, byte[][] args, Reply reply) {
        List<String> wanted = new ArrayList<>();
        for (int i = 1; i < args.length; i++) {
            wanted.add(new String(args[i], StandardCharsets.UTF_8).toLowerCase(Locale.ROOT));
        }
        boolean all = wanted.isEmpty() || wanted.stream().anyMatch(ALL::contains);
        Text text = new Text();
        sections.forEach((name, section) -> {
            if (all || wanted.contains(name.toLowerCase(Locale.ROOT))) {
                text.section(name);
                section.accept(text);
            }
        });
        reply.send(new RespValue.Verbatim("txt", text.done()));
    }

    private void server(Text text) {
        long seconds = (System.nanoTime() - startNanos) / 1_000_000_000L;
        text.line("redis_version", "7.0.15")
                .line("raftkv_version", Version.text())
                .line("redis_mode", "cluster")
                .line("os", System.getProperty("os.name", "unknown"))
                .line("arch_bits", 64)
                .line("java_version", System.getProperty("java.version", "unknown"))
                .line("process_id", ProcessHandle.current().pid())
                .line("run_id", Topology.nodeIdOf(table.serverId()))
                .line("tcp_port", table.self().port())
                .line("uptime_in_seconds", seconds)
                .line("uptime_in_days", seconds / 86_400);
    }

    private void memory(Text text) {
        Runtime runtime = Runtime.getRuntime();
        text.line("used_memory", runtime.totalMemory() - runtime.freeMemory())
                .line(
                        "used_memory_dataset",
                        table.groups().stream()
                                .mapToLong(group -> group.engine().bytes())
                                .sum())
                .line("maxmemory", 0)
                .line("maxmemory_policy", "noeviction")
                .line("heap_max", runtime.maxMemory());
    }

    private void stats(Text text) {
        text.line("total_connections_received", handler.receivedConnections())
                .line("total_commands_processed", handler.processedCommands());
    }

    private void replication(Text text) {
        long applied = table.groups().stream()
                .mapToLong(group -> group.group().status().lastApplied())
                .sum();
        text.line("role", "master").line("connected_slaves", 0).line("master_repl_offset", applied);
    }

    private void keyspace(Text text) {
        long keys = table.groups().stream()
                .filter(group -> group.view().ready())
                .mapToLong(group -> group.engine().size())
                .sum();
        if (keys > 0) {
            text.line("db0", "keys=" + keys + ",expires=0,avg_ttl=0");
        }
    }

    private void raft(Text text) {
        List<ShardGroup> groups = table.groups();
        text.line("raft_cluster_id", table.state().clusterId())
                .line("raft_server_id", Long.toHexString(table.serverId()))
                .line("raft_shards", table.shards())
                .line("raft_replicas", groups.size())
                .line(
                        "raft_leads",
                        groups.stream().filter(g -> g.view().ready()).count())
                .line("raft_map_version", table.state().map().version());
        for (ShardGroup group : groups) {
            GroupStatus status = group.group().status();
            text.line(
                    "raft_shard" + group.shard(),
                    "role=" + status.role().name().toLowerCase(Locale.ROOT) + ",term=" + status.term() + ",commit="
                            + status.commitIndex() + ",applied=" + status.lastApplied() + ",last="
                            + status.lastIndex() + ",sessions="
                            + group.sessions().sessions() + ",session_bytes="
                            + group.sessions().resultBytes());
        }
    }

    /** Collects lines. */
    private static final class Text {
        private final StringBuilder out = new StringBuilder();

        void section(String name) {
            if (out.length() > 0) {
                out.append("\r\n");
            }
            out.append("# ").append(name).append("\r\n");
        }

        Text line(String name, Object value) {
            out.append(name).append(':').append(value).append("\r\n");
            return this;
        }

        String done() {
            return out.toString();
        }
    }
}
