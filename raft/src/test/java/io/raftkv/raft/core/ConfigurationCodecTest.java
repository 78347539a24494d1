package io.raftkv.raft.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.raftkv.raft.Configuration;
import io.raftkv.raft.ReplicaId;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class ConfigurationCodecTest {
    private static final Configuration JOINT = new Configuration(
            new TreeSet<>(List.of(new ReplicaId(1, 1), new ReplicaId(-5, 2))),
            new TreeSet<>(List.of(new ReplicaId(1, 1))),
            new TreeSet<>(List.of(new ReplicaId(3, 9))),
            Long.MAX_VALUE);

    private static byte[] encoded() {
        return ConfigurationCodec.encode(JOINT).toArray();
    }

    @Test
    void decodesWhatItEncodedAndStopsBehindIt() {
        for (Configuration configuration : List.of(JOINT, Configuration.EMPTY)) {
            byte[] bytes = ConfigurationCodec.encode(configuration).toArray();
            ByteBuffer in = ByteBuffer.allocate(bytes.length + 3).put(bytes).rewind();
            assertThat(ConfigurationCodec.decode(in)).isEqualTo(configuration);
            assertThat(in.remaining()).isEqualTo(3);
        }
    }

    @Test
    void refusesWhatIsCutOffUnknownOrOutOfOrder() {
        for (int length = 0; length < encoded().length; length++) {
            ByteBuffer cut = ByteBuffer.wrap(encoded(), 0, length);
            assertThatThrownBy(() -> ConfigurationCodec.decode(cut)).isInstanceOf(IllegalArgumentException.class);
        }
        assertThatThrownBy(() ->
                        ConfigurationCodec.decode(ByteBuffer.wrap(encoded()).put(0, (byte) 2)))
                .hasMessageContaining("version 2");
        ByteBuffer huge = ByteBuffer.wrap(encoded()).putInt(12, Integer.MAX_VALUE);
        assertThatThrownBy(() -> ConfigurationCodec.decode(huge)).hasMessageContaining("2147483647 replicas");
        ByteBuffer twice = ByteBuffer.wrap(encoded()).putLong(32, -5).putLong(40, 2);
        assertThatThrownBy(() -> ConfigurationCodec.decode(twice)).hasMessageContaining("out of order");
    }
}
