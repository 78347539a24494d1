package io.raftkv.kvserver.cluster;

import io.raftkv.callback.Genesis;
import io.raftkv.callback.Genesis.Voter;
import io.raftkv.callback.Placement;
import io.raftkv.callback.ShardMap;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Keeps the last {@link ClusterState} in the data folder, so that a server that starts while the coordinator is down
 * serves what it served before.
 *
 * <pre>
 * raftkv-cluster 1
 * cluster ID
 * map VERSION GID GID …                      one gid per shard
 * group GID ADDRESS ADDRESS …
 * slot SHARD ADDRESS
 * server ADDRESS ID
 * genesis SHARD GENERATION ID/INCARNATION/ADDRESS …
 * placement SHARD GENERATION INDEX MAPVERSION ID/INCARNATION … - ID/INCARNATION …    voters - retired
 * end CRC32C
 * </pre>
 *
 * <p>Threads: one at a time.
 */
public final class ClusterFile {
    private static final String HEADER = "raftkv-cluster 1";

    private final Path path;
    private final AtomicFile file;
    private ClusterState saved = ClusterState.UNKNOWN;

    /** The file in a data folder. */
    public ClusterFile(Path folder) {
        path = folder.resolve("cluster");
        file = new AtomicFile(path);
    }

    /** What was saved last; {@link ClusterState#UNKNOWN} if nothing was. */
    public ClusterState load() throws IOException {
        String text = file.read().orElse(null);
        saved = text == null ? ClusterState.UNKNOWN : parse(text);
        return saved;
    }

    /** Saves durably, unless nothing changed. */
    public void save(ClusterState state) throws IOException {
        if (!state.equals(saved)) {
            file.write(format(state));
            saved = state;
        }
    }

    static String format(ClusterState state) {
        StringBuilder out = new StringBuilder(HEADER).append('\n');
        out.append("cluster ").append(state.clusterId()).append('\n');
        out.append("map ").append(state.map().version());
        state.map().gids().forEach(gid -> out.append(' ').append(gid));
        out.append('\n');
        state.map()
                .groups()
                .forEach((gid, servers) -> out.append("group " + gid + " " + String.join(" ", servers) + "\n"));
        for (int shard = 0; shard < state.slots().size(); shard++) {
            String info = state.slot(shard);
            if (info != null) {
                out.append("slot " + shard + " " + info + "\n");
            }
        }
        state.servers().forEach((address, id) -> out.append("server " + address + " " + hex(id) + "\n"));
        state.genesis()
                .values()
                .forEach(record -> out.append("genesis " + record.shard() + " " + record.generation() + " "
                        + record.voters().stream()
                                .map(v -> hex(v.server()) + "/" + v.incarnation() + "/" + v.address())
                                .collect(Collectors.joining(" "))
                        + "\n"));
        state.placements()
                .values()
                .forEach(at -> out.append("placement " + at.shard() + " " + at.generation() + " " + at.index() + " "
                        + at.mapVersion() + replicas(at.voters()) + " -" + replicas(at.retired()) + "\n"));
        return out.toString();
    }

    private static String replicas(SortedMap<Long, Long> replicas) {
        return replicas.entrySet().stream()
                .map(replica -> " " + hex(replica.getKey()) + "/" + replica.getValue())
                .collect(Collectors.joining());
    }

    private static String hex(long id) {
        return HexFormat.of().toHexDigits(id);
    }

    private ClusterState parse(String text) throws IOException {
        String[] lines = text.split("\n", 0);
        if (!lines[0].equals(HEADER)) {
            throw new IOException(
                    path + ": begins with '" + lines[0] + "' in place of '" + HEADER + "'; a newer release wrote it");
        }
        Parser parser = new Parser();
        for (int i = 1; i < lines.length; i++) {
            try {
                parser.line(lines[i].split(" ", 0));
            } catch (IndexOutOfBoundsException | IllegalArgumentException e) {
                throw new IOException(path + ":" + (i + 1) + ": cannot read '" + lines[i] + "'", e);
            }
        }
        return parser.done();
    }

    private static final class Parser {
        private String clusterId = "";
        private long mapVersion;
        private List<Integer> gids = List.of();
        private final SortedMap<Integer, List<String>> groups = new TreeMap<>();
        private final List<@Nullable String> slots = new ArrayList<>();
        private final SortedMap<String, Long> servers = new TreeMap<>();
        private final SortedMap<Integer, Genesis> genesis = new TreeMap<>();
        private final SortedMap<Integer, Placement> placements = new TreeMap<>();

        void line(String[] words) {
            switch (words[0]) {
                case "cluster" -> clusterId = words.length > 1 ? words[1] : "";
                case "map" -> {
                    mapVersion = Long.parseLong(words[1]);
                    gids = rest(words, 2).stream().map(Integer::valueOf).toList();
                }
                case "group" -> groups.put(Integer.valueOf(words[1]), rest(words, 2));
                case "slot" -> slot(Integer.parseInt(words[1]), words[2]);
                case "server" -> servers.put(words[1], HexFormat.fromHexDigitsToLong(words[2]));
                case "genesis" -> {
                    int shard = Integer.parseInt(words[1]);
                    List<Voter> voters =
                            rest(words, 3).stream().map(Parser::voter).toList();
                    genesis.put(shard, new Genesis(shard, Long.parseLong(words[2]), voters));
                }
                case "placement" -> placement(words);
                default -> throw new IllegalArgumentException("unknown line " + words[0]);
            }
        }

        private void slot(int shard, String info) {
            while (slots.size() <= shard) {
                slots.add(null);
            }
            slots.set(shard, info);
        }

        private static List<String> rest(String[] words, int from) {
            return List.of(words).subList(from, words.length);
        }

        private void placement(String[] words) {
            List<String> replicas = rest(words, 5);
            int dash = replicas.indexOf("-");
            int shard = Integer.parseInt(words[1]);
            placements.put(
                    shard,
                    new Placement(
                            shard,
                            Long.parseLong(words[2]),
                            Long.parseLong(words[3]),
                            Long.parseLong(words[4]),
                            replicas(replicas.subList(0, dash)),
                            replicas(replicas.subList(dash + 1, replicas.size()))));
        }

        private static SortedMap<Long, Long> replicas(List<String> texts) {
            SortedMap<Long, Long> replicas = new TreeMap<>();
            for (String text : texts) {
                String[] parts = text.split("/", 2);
                replicas.put(HexFormat.fromHexDigitsToLong(parts[0]), Long.parseLong(parts[1]));
            }
            return replicas;
        }

        private static Voter voter(String text) {
            String[] parts = text.split("/", 3);
            return new Voter(HexFormat.fromHexDigitsToLong(parts[0]), Long.parseLong(parts[1]), parts[2]);
        }

        ClusterState done() {
            return new ClusterState(
                    clusterId, new ShardMap(mapVersion, gids, groups), slots, servers, genesis, placements);
        }
    }
}
