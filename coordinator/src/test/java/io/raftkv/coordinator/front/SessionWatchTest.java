package io.raftkv.coordinator.front;

import static org.assertj.core.api.Assertions.assertThat;

import io.raftkv.coordinator.state.Command;
import io.raftkv.coordinator.state.CommandCodec;
import io.raftkv.coordinator.state.CoordinatorState;
import io.raftkv.resp.RespValue;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** When a silent session ends. */
class SessionWatchTest {
    private final ManualLoop loop = new ManualLoop();
    private final CoordinatorState state = new CoordinatorState(4, CoordinatorState.Observer.NONE);
    private final FakeGroup group = new FakeGroup(loop, state);
    private final SessionWatch watch = new SessionWatch(group, state);
    private long session;

    @BeforeEach
    void open() {
        var open = new CommandCodec.Request(null, new Command.OpenSession("default", 1_000));
        RespValue row = state.apply(1, 0, CommandCodec.encode(open));
        session = row.asList().get(0).asLong();
        watch.tick();
    }

    private void pass(int ms) {
        for (int i = 0; i < ms; i += 50) {
            loop.advanceMs(50);
            watch.tick();
        }
    }

    @Test
    void aFollowerEndsNothing() {
        pass(5_000);
        assertThat(group.proposals).isZero();
    }

    @Test
    void aSilentSessionEndsAfterItsTimeOut() {
        watch.leading(true);
        pass(1_000);
        assertThat(state.session(session)).isNotNull();
        pass(100);
        assertThat(state.session(session)).isNull();
    }

    @Test
    void aSignOfLifeKeepsIt() {
        watch.leading(true);
        for (int i = 0; i < 10; i++) {
            pass(900);
            watch.heard(List.of(session, 99L));
        }
        assertThat(state.session(session)).isNotNull();
    }

    @Test
    void aNewLeaderGivesEverySessionOneFullTimeOut() {
        watch.leading(true);
        pass(900);
        watch.leading(false);
        watch.leading(true);
        pass(1_000);
        assertThat(state.session(session)).isNotNull();
    }

    @Test
    void aLeaderThatStoodStillGivesEverySessionOneToo() {
        watch.leading(true);
        pass(900);
        loop.advanceMs(10_000);
        watch.tick();
        assertThat(state.session(session)).isNotNull();
        pass(1_100);
        assertThat(state.session(session)).isNull();
    }
}
