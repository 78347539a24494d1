package io.raftkv.kvserver.shard;

import static org.assertj.core.api.Assertions.assertThat;

import io.raftkv.raft.session.SessionReply;
import io.raftkv.raft.session.SessionReply.Status;
import io.raftkv.resp.RespValue;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class SessionTokenTest {
    @Test
    void isReadAsItWasWritten() {
        SessionToken token = new SessionToken(7L << 32 | 5, Long.MAX_VALUE);
        assertThat(token.text()).isEqualTo("30064771077-9223372036854775807".getBytes(StandardCharsets.UTF_8));
        assertThat(SessionToken.parse(token.text())).isEqualTo(token);
        assertThat(token.shard()).isEqualTo(5);
    }

    @Test
    void isNothingElse() {
        for (String text : List.of(
                "",
                "-",
                "1",
                "1-",
                "-1",
                "1-0",
                "1--1",
                "1-1-1",
                "a-1",
                "1-a",
                "+1-1",
                "1-1 ",
                "1-9223372036854775808")) {
            assertThat(SessionToken.parse(text.getBytes(StandardCharsets.UTF_8)))
                    .as(text)
                    .isNull();
        }
    }

    @Test
    void asksForPatienceWhereNothingWasExecutedForWantOfRoom() {
        for (Status status : List.of(Status.TOO_MANY_SESSIONS, Status.WINDOW_FULL, Status.GROUP_FULL)) {
            RespValue answer = SessionToken.answer(new SessionReply(status, 0, null), 1);
            assertThat(answer.errorMessage()).as(status.toString()).startsWith("BUSY ");
        }
    }
}
