package io.raftkv.cli.ctl;

import io.raftkv.resp.RespValue;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What a server says of its replica of a shard, a row of {@code RKV.STATUS}.
 *
 * @param members each voter's address and how far its log matches the leader's; -1 if that is not known
 */
record ReplicaStatus(
        int shard, String role, long term, long commit, long last, Map<String, Long> members, long keys, String state) {
    static ReplicaStatus of(RespValue row) {
        Map<String, RespValue> fields = row.asMap();
        Map<String, Long> members = new LinkedHashMap<>();
        for (RespValue member : list(fields, "members")) {
            List<RespValue> pair = member.asList();
            members.put(pair.get(0).asText(), pair.get(1).asLong());
        }
        return new ReplicaStatus(
                (int) number(fields, "shard"),
                text(fields, "role"),
                number(fields, "term"),
                number(fields, "commit"),
                number(fields, "last"),
                members,
                number(fields, "keys"),
                text(fields, "state"));
    }

    boolean leads() {
        return role.equalsIgnoreCase("leader");
    }

    boolean serves() {
        return leads() && state.equals("serving");
    }

    /** How many entries the slowest member is behind; members of which nothing is known count with the whole log. */
    long lag() {
        return members.values().stream()
                .mapToLong(match -> Math.max(0, last - Math.max(0, match)))
                .max()
                .orElse(0);
    }

    private static List<RespValue> list(Map<String, RespValue> fields, String name) {
        RespValue value = fields.get(name);
        return value == null || value.isNull() ? List.of() : value.asList();
    }

    private static long number(Map<String, RespValue> fields, String name) {
        RespValue value = fields.get(name);
        return value == null || value.isNull() ? 0 : value.asLong();
    }

    private static String text(Map<String, RespValue> fields, String name) {
        RespValue value = fields.get(name);
        return value == null || value.isNull() ? "" : value.asText();
    }
}
