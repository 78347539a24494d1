package io.raftkv.raft.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.raftkv.raft.Bytes;
import org.junit.jupiter.api.Test;

/** What a group remembers of one session. */
class SessionRecordTest {
    private final SessionRecord record = new SessionRecord(1, Bytes.utf8(""), 0, 0);

    @Test
    void keepsNoSecondResultOfACommand() {
        record.store(1, Bytes.utf8("one"));
        record.store(2, Bytes.utf8("two"));
        assertThatThrownBy(() -> record.store(2, Bytes.utf8("again")))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("command 2 of session 1 was executed before");
        record.acknowledge(2);
        assertThatThrownBy(() -> record.store(1, Bytes.utf8("again"))).isInstanceOf(IllegalStateException.class);
        assertThat(record.result(2)).isEqualTo(Bytes.utf8("two"));
        assertThat(record.results()).isEqualTo(1);
    }
}
