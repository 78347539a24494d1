package io.raftkv.coordinator.state;

import static org.assertj.core.api.Assertions.assertThat;

import io.raftkv.coordinator.state.CommandCodec.RequestId;
import io.raftkv.resp.RespValue;
import org.junit.jupiter.api.Test;

/** Requests that are sent again. */
class RequestsTest {
    private static final Command OPEN = new Command.OpenSession("default", 2_000);
    private final StateFixture fixture = new StateFixture(4);

    @Test
    void aRepeatedRequestGetsItsFirstResultAndIsNotCarriedOutAgain() {
        RespValue first = fixture.apply(new RequestId(7, 1), OPEN);
        assertThat(fixture.apply(new RequestId(7, 1), OPEN)).isEqualTo(first);
        assertThat(fixture.state.sessions()).hasSize(1);
        assertThat(fixture.apply(new RequestId(8, 1), OPEN)).isNotEqualTo(first);
        assertThat(fixture.apply(new RequestId(7, 2), OPEN)).isNotEqualTo(first);
        assertThat(fixture.state.sessions()).hasSize(3);
    }

    @Test
    void aRefusalIsAResultToo() {
        RespValue refused = fixture.apply(new RequestId(7, 1), new Command.MoveShard(0, 1));
        fixture.join(1, ":1");
        assertThat(fixture.apply(new RequestId(7, 1), new Command.MoveShard(0, 1)))
                .isEqualTo(refused);
    }

    @Test
    void aRequestThatWasAskedToTryAgainIsCarriedOutAgain() {
        assertThat(fixture.apply(new RequestId(7, 1), new Command.Activate(0)).errorMessage())
                .startsWith("NOTREADY");
        fixture.join(1, ":1");
        fixture.ok(new Command.BindServer(":1", 5));
        assertThat(fixture.apply(new RequestId(7, 1), new Command.Activate(0)).isError())
                .isFalse();
    }

    @Test
    void resultsThatWereDroppedAreNotMadeUp() {
        for (int seq = 1; seq <= Limits.MAX_RESULTS_PER_CLIENT + 2; seq++) {
            fixture.apply(new RequestId(7, seq), OPEN);
        }
        int sessions = fixture.state.sessions().size();
        assertThat(fixture.apply(new RequestId(7, 2), OPEN).errorMessage())
                .isEqualTo("TIMEOUT the outcome of request 2 is no longer known");
        assertThat(fixture.apply(new RequestId(7, 3), OPEN).isError()).isFalse();
        assertThat(fixture.state.sessions()).hasSize(sessions);
    }

    @Test
    void aSilentClientIsForgottenByLogTime() {
        RespValue first = fixture.apply(new RequestId(7, 1), OPEN);
        fixture.timeMs += Limits.REQUEST_TTL_MS;
        assertThat(fixture.apply(new RequestId(7, 1), OPEN)).isEqualTo(first);
        fixture.timeMs += 1;
        assertThat(fixture.apply(new RequestId(7, 1), OPEN)).isNotEqualTo(first);
    }
}
