package io.raftkv.kvserver.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.raftkv.callback.Genesis;
import io.raftkv.callback.Genesis.Voter;
import io.raftkv.callback.ShardMap;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ClusterFileTest {
    @TempDir
    Path folder;

    private static ClusterState sample() {
        TreeMap<Integer, List<String>> groups = new TreeMap<>();
        groups.put(1, List.of(":8088", ":8089", ":8090"));
        groups.put(3, List.of("[::1]:1"));
        TreeMap<String, Long> servers = new TreeMap<>();
        servers.put("127.0.0.1:8088", -5L);
        servers.put("127.0.0.1:8089", 7L);
        return ClusterState.UNKNOWN
                .withClusterId("5f0c-1")
                .withMap(new ShardMap(9, List.of(1, 3, 0), groups))
                .withServers(servers)
                .withSlot(2, "127.0.0.1:8089")
                .withGenesis(List.of(new Genesis(
                        1, 4, List.of(new Voter(-5, 1, "127.0.0.1:8088"), new Voter(7, 2, "127.0.0.1:8089")))));
    }

    @Test
    void readsBackWhatItWrote() throws IOException {
        new ClusterFile(folder).save(sample());
        assertThat(new ClusterFile(folder).load()).isEqualTo(sample());
    }

    @Test
    void isEmptyAtFirst() throws IOException {
        assertThat(new ClusterFile(folder).load()).isEqualTo(ClusterState.UNKNOWN);
    }

    @Test
    void writesOnlyWhatChanged() throws IOException {
        ClusterFile file = new ClusterFile(folder);
        file.save(sample());
        Files.delete(folder.resolve("cluster"));
        file.save(sample());
        assertThat(folder.resolve("cluster")).doesNotExist();
    }

    @Test
    void refusesADamagedFile() throws IOException {
        new ClusterFile(folder).save(sample());
        Path file = folder.resolve("cluster");
        Files.writeString(file, Files.readString(file).replace("map 9", "map 8"));
        assertThatThrownBy(() -> new ClusterFile(folder).load())
                .isInstanceOf(IOException.class)
                .hasMessageContaining("damaged");
    }

    @Test
    void refusesAFileThatIsNoText() throws IOException {
        Files.write(folder.resolve("cluster"), new byte[] {1, (byte) 0xff, (byte) 0xfe, 0});
        assertThatThrownBy(() -> new ClusterFile(folder).load())
                .isInstanceOf(IOException.class)
                .hasMessageContaining("damaged");
    }

    @Test
    void aServerKeepsItsId() throws IOException {
        long id = ServerIdentity.of(folder);
        assertThat(id).isNotZero();
        assertThat(ServerIdentity.of(folder)).isEqualTo(id);
        assertThat(ServerIdentity.of(folder.resolve("other"))).isNotEqualTo(id);
    }
}
