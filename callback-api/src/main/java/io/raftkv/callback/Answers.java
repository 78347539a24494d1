package io.raftkv.callback;

import io.raftkv.callback.ClusterInfo.CoordinatorNode;
import io.raftkv.callback.Genesis.Voter;
import io.raftkv.resp.RespTypeException;
import io.raftkv.resp.RespValue;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** From the coordinator's answers to the types of the interface. */
final class Answers {
    private Answers() {}

    /** Reads an answer; one of another form than expected becomes an error with what came. */
    static <T> T read(RespValue answer, Function<RespValue, T> reader) {
        try {
            return reader.apply(answer);
        } catch (RespTypeException | IndexOutOfBoundsException | ArithmeticException | IllegalArgumentException e) {
            throw new CoordinatorException("ERR", "the coordinator's answer is not understood: " + answer, true);
        }
    }

    static ClusterInfo info(RespValue answer) {
        Map<String, RespValue> map = answer.asMap();
        return new ClusterInfo(
                text(map, "cluster-id", ""),
                text(map, "cluster-name", ""),
                (int) number(map, "shards"),
                nullableText(get(map, "leader")),
                number(map, "term"),
                number(map, "commit"),
                list(get(map, "nodes"), Answers::node));
    }

    private static CoordinatorNode node(RespValue answer) {
        List<RespValue> row = answer.asList();
        return new CoordinatorNode(
                id(row.get(0)), row.get(1).asText(), row.get(2).asText());
    }

    static CoordinatorNodes nodes(RespValue answer) {
        Map<String, RespValue> map = answer.asMap();
        return new CoordinatorNodes(
                number(map, "version"),
                nullableText(get(map, "change")),
                number(map, "term"),
                number(map, "commit"),
                number(map, "last"),
                list(get(map, "nodes"), Answers::nodeRow));
    }

    private static CoordinatorNodes.Row nodeRow(RespValue answer) {
        List<RespValue> row = answer.asList();
        RespValue match = row.get(3);
        return new CoordinatorNodes.Row(
                id(row.get(0)), row.get(1).asText(), row.get(2).asText(), match.isNull() ? null : match.asLong());
    }

    static ShardMap shardMap(RespValue answer) {
        Map<String, RespValue> map = answer.asMap();
        SortedMap<Integer, List<String>> groups = new TreeMap<>();
        get(map, "groups").asMap().forEach((gid, servers) -> groups.put(Integer.valueOf(gid), texts(servers)));
        return new ShardMap(
                number(map, "version"), list(get(map, "shards"), gid -> Math.toIntExact(gid.asLong())), groups);
    }

    static Member member(RespValue answer) {
        List<RespValue> row = answer.asList();
        return new Member(
                row.get(0).asLong(),
                Math.toIntExact(row.get(1).asLong()),
                row.get(2).asText(),
                row.get(3).asLong() != 0,
                Math.toIntExact(row.get(4).asLong()));
    }

    static Genesis genesis(RespValue answer) {
        List<RespValue> row = answer.asList();
        return new Genesis(Math.toIntExact(row.get(0).asLong()), row.get(1).asLong(), list(row.get(2), Answers::voter));
    }

    private static Voter voter(RespValue answer) {
        List<RespValue> row = answer.asList();
        return new Voter(id(row.get(0)), row.get(1).asLong(), row.get(2).asText());
    }

    static Placement placement(RespValue answer) {
        List<RespValue> row = answer.asList();
        return new Placement(
                Math.toIntExact(row.get(0).asLong()),
                row.get(1).asLong(),
                row.get(2).asLong(),
                row.get(3).asLong(),
                replicas(row.get(4)),
                replicas(row.get(5)));
    }

    private static SortedMap<Long, Long> replicas(RespValue answer) {
        SortedMap<Long, Long> replicas = new TreeMap<>();
        for (RespValue row : answer.asList()) {
            replicas.put(id(row.asList().get(0)), row.asList().get(1).asLong());
        }
        return replicas;
    }

    static Map<String, Long> servers(RespValue answer) {
        Map<String, Long> servers = new LinkedHashMap<>();
        answer.asMap().forEach((address, server) -> servers.put(address, id(server)));
        return servers;
    }

    static List<String> texts(RespValue answer) {
        return list(answer, RespValue::asText);
    }

    static List<@Nullable String> nullableTexts(RespValue answer) {
        List<@Nullable String> texts = new ArrayList<>();
        answer.asList().forEach(item -> texts.add(nullableText(item)));
        return texts;
    }

    static <T> List<T> list(RespValue answer, Function<RespValue, T> reader) {
        return answer.asList().stream().map(reader).toList();
    }

    static @Nullable String nullableText(RespValue answer) {
        return answer.isNull() ? null : answer.asText();
    }

    private static long id(RespValue answer) {
        return Long.parseUnsignedLong(answer.asText(), 16);
    }

    private static RespValue get(Map<String, RespValue> map, String key) {
        RespValue value = map.get(key);
        if (value == null) {
            throw new IllegalArgumentException(key + " is missing");
        }
        return value;
    }

    // A node that has not formed a cluster yet knows neither its id nor its numbers.
    private static String text(Map<String, RespValue> map, String key, String unknown) {
        String text = nullableText(get(map, key));
        return text == null ? unknown : text;
    }

    private static long number(Map<String, RespValue> map, String key) {
        RespValue value = get(map, key);
        return value.isNull() ? 0 : value.asLong();
    }
}
