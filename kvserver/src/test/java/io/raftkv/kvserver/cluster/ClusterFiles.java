package io.raftkv.kvserver.cluster;

import io.raftkv.callback.Genesis;
import io.raftkv.callback.ShardMap;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.SortedMap;

/** Writes what a server would have learnt from a coordinator. */
public final class ClusterFiles {
    private ClusterFiles() {}

    public static void write(
            Path folder, String clusterId, ShardMap map, SortedMap<String, Long> servers, List<Genesis> genesis)
            throws IOException {
        new ClusterFile(folder).save(state(clusterId, map, servers, genesis));
    }

    public static void fill(
            ShardTable table, String clusterId, ShardMap map, SortedMap<String, Long> servers, List<Genesis> genesis) {
        table.update(old -> state(clusterId, map, servers, genesis));
    }

    private static ClusterState state(
            String clusterId, ShardMap map, SortedMap<String, Long> servers, List<Genesis> genesis) {
        return ClusterState.UNKNOWN
                .withClusterId(clusterId)
                .withMap(map)
                .withServers(servers)
                .withGenesis(genesis);
    }
}
