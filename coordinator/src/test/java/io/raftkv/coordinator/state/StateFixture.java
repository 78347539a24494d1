package io.raftkv.coordinator.state;

import static org.assertj.core.api.Assertions.assertThat;

import io.raftkv.coordinator.state.CommandCodec.Request;
import io.raftkv.coordinator.state.CommandCodec.RequestId;
import io.raftkv.raft.Bytes;
import io.raftkv.raft.StateMachine.FrozenState;
import io.raftkv.resp.RespValue;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** A state machine that is fed commands one by one. */
final class StateFixture {
    final CoordinatorState state;
    long index;
    long timeMs = 1_000_000;

    StateFixture(int shards) {
        state = new CoordinatorState(shards, CoordinatorState.Observer.NONE);
    }

    RespValue apply(Command command) {
        return apply(null, command);
    }

    RespValue apply(RequestId id, Command command) {
        return state.apply(++index, timeMs, CommandCodec.encode(new Request(id, command)));
    }

    void ok(Command command) {
        assertThat(apply(command)).isEqualTo(RespValue.ok());
    }

    String error(Command command) {
        return apply(command).errorMessage();
    }

    long open(String service) {
        return apply(new Command.OpenSession(service, 2_000)).asList().get(0).asLong();
    }

    RespValue setSlot(String service, int slot, String text) {
        return apply(new Command.SetSlot(service, slot, Bytes.utf8(text), null, null, false));
    }

    RespValue setSlot(String service, int slot, String text, Fence fence) {
        return apply(new Command.SetSlot(service, slot, Bytes.utf8(text), null, fence, false));
    }

    RespValue elect(long session, int epoch) {
        return apply(new Command.Elect(session, epoch));
    }

    RespValue join(int gid, String addresses) {
        SortedMap<Integer, List<String>> groups = new TreeMap<>();
        groups.put(gid, List.of(addresses.split(",")));
        return apply(new Command.JoinGroups(groups));
    }

    /** The events after {@code seq} that concern {@code session}, as words. */
    List<String> events(String service, long session, long seq) {
        List<Event> events = state.eventsAfter(service, seq);
        assertThat(events).isNotNull();
        return events.stream()
                .filter(event -> event.concerns(session))
                .map(event -> event.kind().word()
                        + event.args().stream().map(arg -> " " + arg.toUtf8()).collect(Collectors.joining()))
                .toList();
    }

    String map() {
        return format(state.map(-1));
    }

    /** A map as the shell prints it. */
    static String format(RespValue map) {
        var fields = map.asMap();
        String shards =
                fields.get("shards").asList().stream().map(RespValue::asText).collect(Collectors.joining(" "));
        String groups = fields.get("groups").asMap().entrySet().stream()
                .map(group -> group.getKey() + ":["
                        + group.getValue().asList().stream()
                                .map(RespValue::asText)
                                .collect(Collectors.joining(" "))
                        + "]")
                .collect(Collectors.joining(" "));
        return "{" + fields.get("version").asText() + " [" + shards + "] map[" + groups + "]}";
    }

    byte[] snapshot() {
        try (FrozenState frozen = state.freeze()) {
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            frozen.writeTo(out);
            return out.toByteArray();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    void load(byte[] snapshot) {
        try {
            state.load(new ByteArrayInputStream(snapshot)).run();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static List<Integer> numbers(RespValue list) {
        return list.asList().stream().map(v -> (int) v.asLong()).toList();
    }

    static List<String> texts(RespValue list) {
        return list.asList().stream().map(v -> v.isNull() ? "null" : v.asText()).toList();
    }

    static RespValue row(Object... fields) {
        return RespValue.array(Arrays.stream(fields)
                .map(f -> f instanceof Number n ? RespValue.integer(n.longValue()) : RespValue.bulk(f.toString()))
                .toList());
    }
}
