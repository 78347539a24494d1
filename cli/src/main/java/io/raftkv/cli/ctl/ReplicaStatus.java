package io.raftkv.cli.ctl;

import io.raftkv.config.HostPort;
import io.raftkv.resp.RespValue;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What a server says of its replica of a shard, a row of {@code RKV.STATUS}.
 *
 * @param members each member's address and how far its log matches the leader's; -1 if that is not known
 * @param roles each member's role: {@code voter}, {@code learner}, and in the middle of a change {@code joining} and
 *     {@code leaving}
 * @param sending the snapshots that it sends, by the address of who gets them
 * @param unapplied the members whose state machines have much to apply yet, in bytes
 * @param move what keeps the shard from being where the map wants it, as its leader says; empty if nothing does
 */
record ReplicaStatus(
        int shard,
        String role,
        long term,
        @Nullable String leader,
        long commit,
        long last,
        Map<String, Long> members,
        Map<String, String> roles,
        Map<String, Sending> sending,
        Map<String, Long> unapplied,
        long keys,
        String state,
        String move) {
    /** Less passes within a moment under load. */
    private static final long MUCH_UNAPPLIED = 1 << 20;

    private static final double FILLING = 0.95;

    /** How many bytes of a snapshot its receiver holds. */
    record Sending(long held, long total) {}

    /** How much {@code member} has to apply yet, as part of a sentence; empty if that is little. */
    String unappliedText(String member) {
        Long bytes = unapplied.get(member);
        return bytes == null ? "" : String.format(Locale.ROOT, "has %.1f MiB to apply", bytes / (double) (1 << 20));
    }

    static ReplicaStatus of(RespValue row) {
        Map<String, RespValue> fields = row.asMap();
        Map<String, Long> members = new LinkedHashMap<>();
        Map<String, String> roles = new LinkedHashMap<>();
        Map<String, Long> unapplied = new LinkedHashMap<>();
        for (RespValue member : list(fields, "members")) {
            List<RespValue> pair = member.asList();
            members.put(pair.get(0).asText(), pair.get(1).asLong());
            roles.put(pair.get(0).asText(), pair.get(2).asText());
            long bytes = pair.size() > 3 ? pair.get(3).asLong() : 0;
            if (bytes >= MUCH_UNAPPLIED) {
                unapplied.put(pair.get(0).asText(), bytes);
            }
        }
        Map<String, Sending> sending = new LinkedHashMap<>();
        for (RespValue transfer : list(fields, "sending")) {
            List<RespValue> parts = transfer.asList();
            sending.put(
                    parts.get(0).asText(),
                    new Sending(parts.get(1).asLong(), parts.get(2).asLong()));
        }
        return new ReplicaStatus(
                (int) number(fields, "shard"),
                text(fields, "role"),
                number(fields, "term"),
                nullableText(fields, "leader"),
                number(fields, "commit"),
                number(fields, "last"),
                members,
                roles,
                sending,
                unapplied,
                number(fields, "keys"),
                text(fields, "state"),
                text(fields, "move"));
    }

    boolean leads() {
        return role.equalsIgnoreCase("leader");
    }

    boolean serves() {
        return leads() && state.equals("serving");
    }

    /** Whether these servers are its voters, and nothing is under way. */
    boolean isAt(Collection<HostPort> servers) {
        return roles.values().stream().allMatch("voter"::equals)
                && new TreeSet<>(roles.keySet())
                        .equals(servers.stream()
                                .map(HostPort::toString)
                                .collect(Collectors.toCollection(TreeSet::new)));
    }

    /** How much of the shard is at {@code servers}, 0 to 1, of a move that is not at its end: filling them is nearly all of it. */
    double moved(Collection<HostPort> servers) {
        double filled = servers.stream()
                .mapToDouble(server -> filled(server.toString()))
                .average()
                .orElse(0);
        return FILLING * filled;
    }

    private double filled(String member) {
        if (!"learner".equals(roles.get(member))) {
            return roles.containsKey(member) ? 1 : 0;
        }
        Sending transfer = sending.get(member);
        if (transfer != null && transfer.total() > 0) {
            return (double) transfer.held() / transfer.total();
        }
        return members.getOrDefault(member, 0L) > 0 ? 1 : 0;
    }

    /** How many entries a member is behind; one of which nothing is known counts with the whole log. */
    long lag(String member) {
        return Math.max(0, last - Math.max(0, members.getOrDefault(member, 0L)));
    }

    /** How many entries the slowest member is behind; members of which nothing is known count with the whole log. */
    long lag() {
        return members.keySet().stream().mapToLong(this::lag).max().orElse(0);
    }

    private static List<RespValue> list(Map<String, RespValue> fields, String name) {
        RespValue value = fields.get(name);
        return value == null || value.isNull() ? List.of() : value.asList();
    }

    private static long number(Map<String, RespValue> fields, String name) {
        RespValue value = fields.get(name);
        return value == null || value.isNull() ? 0 : value.asLong();
    }

    private static @Nullable String nullableText(Map<String, RespValue> fields, String name) {
        RespValue value = fields.get(name);
        return value == null || value.isNull() ? null : value.asText();
    }

    private static String text(Map<String, RespValue> fields, String name) {
        String value = nullableText(fields, name);
        return value == null ? "" : value;
    }
}
