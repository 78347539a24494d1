package io.raftkv.cli.ctl;

import static org.assertj.core.api.Assertions.assertThat;

import io.raftkv.resp.RespValue;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ReplicaStatusTest {
    private static RespValue member(String address, long unapplied) {
        return RespValue.array(
                RespValue.bulk(address), RespValue.integer(7), RespValue.bulk("voter"), RespValue.integer(unapplied));
    }

    @Test
    void namesTheMembersThatHaveMuchToApply() {
        ReplicaStatus status = ReplicaStatus.of(RespValue.map(
                RespValue.bulk("members"),
                RespValue.array(member("a:1", 0), member("b:1", 1000), member("c:1", 3 << 19))));
        assertThat(status.unapplied()).containsExactly(Map.entry("c:1", 3L << 19));
        assertThat(status.unappliedText("b:1")).isEmpty();
        assertThat(status.unappliedText("c:1")).isEqualTo("has 1.5 MiB to apply");
    }
}
