package io.raftkv.coordinator.front;

import io.raftkv.coordinator.state.Query;
import io.raftkv.resp.RespValue;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/**
 * Signs of life on their way to the leader. Those that come while one round is under way share the next one, so that a
 * node has one message in flight however many sessions it carries.
 *
 * <p>Threads: the group's loop.
 */
final class Heartbeats {
    private static final RespValue PONG = RespValue.simple("PONG");

    private final Router router;
    private TreeMap<Long, List<Consumer<RespValue>>> waiting = new TreeMap<>();
    private boolean underWay;

    Heartbeats(Router router) {
        this.router = router;
    }

    /** {@code done} gets PONG once the leader has noted it, or an error if the session has ended. */
    void beat(long session, Consumer<RespValue> done) {
        waiting.computeIfAbsent(session, id -> new ArrayList<>()).add(done);
        if (!underWay) {
            send();
        }
    }

    private void send() {
        TreeMap<Long, List<Consumer<RespValue>>> round = waiting;
        waiting = new TreeMap<>();
        underWay = true;
        router.read(new Query.Ended(List.copyOf(round.keySet())), answer -> {
            underWay = false;
            Set<Long> ended = answer.isError()
                    ? Set.of()
                    : answer.asList().stream().map(RespValue::asLong).collect(Collectors.toSet());
            round.forEach((session, all) -> {
                RespValue result = answer.isError() ? answer : ended.contains(session) ? expired(session) : PONG;
                all.forEach(done -> done.accept(result));
            });
            if (!waiting.isEmpty() && !underWay) {
                send();
            }
        });
    }

    private static RespValue expired(long session) {
        return RespValue.error("SESSIONEXPIRED session " + session + " has ended; open a new one");
    }
}
