package io.raftkv.raft.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.raftkv.raft.Bytes;
import io.raftkv.raft.ResultCodec;
import io.raftkv.raft.StateMachine.FrozenState;
import io.raftkv.raft.session.SessionReply.Status;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class SessionMachineTest {
    private static final SessionLimits SMALL = new SessionLimits(3, 8, 100, 1000);

    private RecordingMachine inner = new RecordingMachine();
    private SessionMachine machine = new SessionMachine(inner, ResultCodec.BYTES);
    private long index;
    private long timeMs = 1000;

    private @Nullable Object apply(Bytes command) {
        return machine.apply(++index, timeMs, command);
    }

    private SessionReply reply(Bytes command) {
        Object result = apply(command);
        assertThat(result).isInstanceOf(SessionReply.class);
        return (SessionReply) result;
    }

    private long register() {
        SessionReply reply = reply(SessionCommand.register("test", SMALL));
        assertThat(reply.status()).isEqualTo(Status.REGISTERED);
        return reply.session();
    }

    private SessionReply run(long session, long sequence, long ackedBelow, String command) {
        return reply(SessionCommand.command(session, sequence, ackedBelow, Bytes.utf8(command)));
    }

    private static SessionReply executed(String result) {
        return new SessionReply(Status.EXECUTED, 0, Bytes.utf8(result));
    }

    private static SessionReply repeated(String result) {
        return new SessionReply(Status.REPEATED, 0, Bytes.utf8(result));
    }

    private byte[] snapshot(SessionMachine of) throws IOException {
        FrozenState frozen = of.freeze();
        try {
            return bytes(frozen);
        } finally {
            frozen.close();
        }
    }

    private static byte[] bytes(FrozenState frozen) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        frozen.writeTo(out);
        return out.toByteArray();
    }

    private void restart(byte[] snapshot) throws IOException {
        inner = new RecordingMachine();
        machine = new SessionMachine(inner, ResultCodec.BYTES);
        machine.load(new ByteArrayInputStream(snapshot)).run();
    }

    @Test
    void handsPlainCommandsThrough() {
        assertThat(apply(SessionCommand.plain(Bytes.utf8("a")))).isEqualTo(Bytes.utf8("a"));
        assertThat(apply(SessionCommand.plain(Bytes.utf8("a")))).isEqualTo(Bytes.utf8("aa"));
        assertThat(apply(SessionCommand.plain(Bytes.utf8("null")))).isNull();
    }

    @Test
    void executesACopyOnceAndAnswersItAgain() {
        long session = register();
        assertThat(run(session, 1, 1, "a")).isEqualTo(executed("a"));
        assertThat(run(session, 2, 1, "b")).isEqualTo(executed("ab"));
        assertThat(run(session, 1, 1, "a")).isEqualTo(repeated("a"));
        assertThat(run(session, 2, 1, "b")).isEqualTo(repeated("ab"));
        assertThat(inner.executed).isEqualTo("ab");
    }

    @Test
    void remembersThatAResultWasNull() {
        long session = register();
        assertThat(run(session, 1, 1, "null")).isEqualTo(new SessionReply(Status.EXECUTED, 0, null));
        assertThat(run(session, 1, 1, "null")).isEqualTo(new SessionReply(Status.REPEATED, 0, null));
    }

    @Test
    void executesEachOnceInWhateverOrderTheyCome() {
        long session = register();
        for (long sequence : List.of(3L, 1L, 8L, 3L, 2L, 1L, 8L)) {
            run(session, sequence, 1, "<" + sequence + ">");
        }
        assertThat(inner.executed).isEqualTo("<3><1><8><2>");
    }

    @Test
    void aLateCopyOfWhatIsAcknowledgedIsNotExecuted() {
        long session = register();
        run(session, 1, 1, "a");
        run(session, 2, 2, "b");
        assertThat(run(session, 1, 1, "a").status()).isEqualTo(Status.ALREADY_ACKED);
        // Given up by its client before it was ever executed: now it never will be.
        run(session, 5, 4, "c");
        assertThat(run(session, 3, 3, "never").status()).isEqualTo(Status.ALREADY_ACKED);
        assertThat(inner.executed).isEqualTo("abc");
    }

    @Test
    void nothingIsExecutedInASessionThatIsNotThere() {
        long session = register();
        assertThat(run(session + 1, 1, 1, "a").status()).isEqualTo(Status.NO_SESSION);
        assertThat(reply(SessionCommand.close(session)).status()).isEqualTo(Status.CLOSED);
        assertThat(reply(SessionCommand.close(session)).status()).isEqualTo(Status.CLOSED);
        assertThat(run(session, 1, 1, "a").status()).isEqualTo(Status.NO_SESSION);
        assertThat(inner.executed).isEmpty();
    }

    @Test
    void sessionsOfOneEntryHaveDifferentIdsAndNoIdComesTwice() throws IOException {
        index = 41;
        Bytes register = SessionCommand.register("", SMALL);
        long first = ((SessionReply) machine.apply(42, timeMs, register)).session();
        long second = ((SessionReply) machine.apply(42, timeMs, register)).session();
        assertThat(first).isEqualTo(42);
        assertThat(second).isEqualTo(43);
        apply(SessionCommand.close(first));
        apply(SessionCommand.close(second));
        restart(snapshot(machine));
        assertThat(((SessionReply) machine.apply(43, timeMs, register)).session())
                .isEqualTo(44);
    }

    @Test
    void refusesASessionTooManyAndKeepsThoseThatLive() {
        long oldest = register();
        register();
        long newest = register();
        assertThat(reply(SessionCommand.register("one too many", SMALL)).status())
                .isEqualTo(Status.TOO_MANY_SESSIONS);
        assertThat(run(oldest, 1, 1, "a")).isEqualTo(executed("a"));
        apply(SessionCommand.close(newest));
        register();
        assertThat(machine.sessions()).isEqualTo(3);
    }

    @Test
    void whoIsTooFarAheadMustWaitButTheFirstUnacknowledgedGoesOn() {
        long session = register();
        assertThat(run(session, 9, 1, "far").status()).isEqualTo(Status.WINDOW_FULL);
        assertThat(run(session, 8, 1, "100")).extracting(SessionReply::status).isEqualTo(Status.EXECUTED);
        assertThat(run(session, 2, 1, "full").status()).isEqualTo(Status.WINDOW_FULL);
        assertThat(run(session, 1, 1, "first").status()).isEqualTo(Status.EXECUTED);
        assertThat(run(session, 2, 2, "second").status()).isEqualTo(Status.EXECUTED);
        assertThat(run(session, 8, 2, "100").status()).isEqualTo(Status.REPEATED);
        assertThat(run(session, 9, 9, "far").status()).isEqualTo(Status.EXECUTED);
        assertThat(inner.executed).isEqualTo("100firstsecondfar");
    }

    @Test
    void allSessionsTogetherTakeNoMoreThanTheyMay() {
        long hoarder = register();
        long other = register();
        run(hoarder, 1, 1, "2000");
        assertThat(run(other, 1, 1, "a").status()).isEqualTo(Status.GROUP_FULL);
        assertThat(run(hoarder, 2, 2, "b").status()).isEqualTo(Status.EXECUTED);
        assertThat(run(other, 1, 1, "a").status()).isEqualTo(Status.EXECUTED);
        assertThat(machine.resultBytes()).isLessThan(200);
        apply(SessionCommand.close(hoarder));
        apply(SessionCommand.close(other));
        assertThat(machine.resultBytes()).isZero();
    }

    @Test
    void expiresWhoIsIdleByLogTimeOnly() {
        long idle = register();
        timeMs += 50;
        long busy = register();
        timeMs += 51;
        // Placed in the log before: it keeps the session.
        run(idle, 1, 1, "a");
        assertThat(reply(SessionCommand.expire(100, 10)).result()).isEqualTo(0);
        timeMs += 50;
        assertThat(reply(SessionCommand.expire(100, 10)).result()).isEqualTo(1);
        assertThat(run(busy, 1, 1, "b").status()).isEqualTo(Status.NO_SESSION);
        assertThat(run(idle, 1, 1, "a").status()).isEqualTo(Status.REPEATED);
        timeMs += 101;
        assertThat(reply(SessionCommand.expire(100, 10)).result()).isEqualTo(1);
        assertThat(machine.sessions()).isZero();
    }

    @Test
    void expiresNoMoreAtOnceThanAsked() {
        register();
        register();
        register();
        timeMs += 1000;
        assertThat(reply(SessionCommand.expire(1, 2)).result()).isEqualTo(2);
        assertThat(reply(SessionCommand.expire(1, 2)).result()).isEqualTo(1);
    }

    @Test
    void remembersAllOverASnapshot() throws IOException {
        long session = register();
        long other = register();
        run(session, 1, 1, "a");
        run(session, 2, 2, "b");
        run(session, 4, 2, "null");
        byte[] snapshot = snapshot(machine);
        restart(snapshot);
        assertThat(snapshot(machine)).isEqualTo(snapshot);
        assertThat(run(session, 2, 2, "b")).isEqualTo(repeated("ab"));
        assertThat(run(session, 4, 2, "null")).isEqualTo(new SessionReply(Status.REPEATED, 0, null));
        assertThat(run(session, 1, 1, "a").status()).isEqualTo(Status.ALREADY_ACKED);
        assertThat(run(session, 3, 2, "c")).isEqualTo(executed("abnullc"));
        assertThat(run(session, 10, 2, "far").status()).isEqualTo(Status.WINDOW_FULL);
        assertThat(run(other, 1, 1, "d")).isEqualTo(executed("abnullcd"));
    }

    @Test
    void aFrozenStateStaysAsItWas() throws IOException {
        long session = register();
        long closed = register();
        run(session, 1, 1, "a");
        byte[] before = snapshot(machine);
        FrozenState frozen = machine.freeze();
        run(session, 2, 2, "b");
        run(session, 3, 2, "c");
        apply(SessionCommand.close(closed));
        run(register(), 1, 1, "d");
        assertThat(bytes(frozen)).isEqualTo(before);
        frozen.close();
        assertThat(run(session, 2, 2, "b")).isEqualTo(repeated("ab"));
        assertThat(snapshot(machine)).isNotEqualTo(before);
    }

    @Test
    void equalHistoriesMakeEqualSnapshots() throws IOException {
        for (int i = 0; i < 3; i++) {
            register();
        }
        run(2, 1, 1, "x");
        run(1, 1, 1, "y");
        byte[] one = snapshot(machine);
        run(1, 2, 1, "z");
        byte[] two = snapshot(machine);
        restart(one);
        run(1, 2, 1, "z");
        assertThat(snapshot(machine)).isEqualTo(two);
    }

    @Test
    void refusesWhatIsNoCommand() {
        long session = register();
        Bytes command = SessionCommand.command(session, 1, 1, Bytes.EMPTY);
        for (int length = 0; length < command.length(); length++) {
            assertThat(reply(command.slice(0, length)).status()).isEqualTo(Status.MALFORMED);
        }
        assertThat(reply(Bytes.wrap(new byte[] {2, 0})).status()).isEqualTo(Status.MALFORMED);
        assertThat(reply(Bytes.wrap(new byte[] {1, 99})).status()).isEqualTo(Status.MALFORMED);
        byte[] ackedBeyondItself = command.toArray();
        ackedBeyondItself[25] = 2;
        assertThat(reply(Bytes.wrap(ackedBeyondItself)).status()).isEqualTo(Status.MALFORMED);
        assertThatThrownBy(() -> SessionCommand.command(session, 1, 2, Bytes.EMPTY))
                .isInstanceOf(IllegalArgumentException.class);
        assertThat(inner.executed).isEmpty();
    }

    @Test
    void refusesTheSnapshotOfAnotherMachine() {
        assertThatThrownBy(() -> machine.load(new ByteArrayInputStream(new byte[100])))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("no sessions");
    }

    /** The numbers are the client's: whatever it makes of them, the table stays small and right. */
    @Test
    void sequencesMayBeHugeAndFarApart() {
        long session = register();
        long huge = SessionCommand.MAX_SEQUENCE;
        run(session, 1, 1, "a");
        assertThat(run(session, huge, huge, "b").status()).isEqualTo(Status.EXECUTED);
        assertThat(run(session, huge, huge, "b").status()).isEqualTo(Status.REPEATED);
        assertThat(run(session, 1, 1, "a").status()).isEqualTo(Status.ALREADY_ACKED);
        assertThat(inner.executed).isEqualTo("ab");
    }
}
