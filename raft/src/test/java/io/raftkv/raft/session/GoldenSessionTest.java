package io.raftkv.raft.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.raftkv.raft.Bytes;
import io.raftkv.raft.ResultCodec;
import io.raftkv.raft.StateMachine.FrozenState;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Version 1 of the commands and of the state, byte by byte; see docs/format.md. {@link #main} writes the files. */
class GoldenSessionTest {
    private static final SessionLimits LIMITS = new SessionLimits(100, 16, 4096, 1 << 20);

    /** One of each kind, which make the state in the file. */
    private static final List<Bytes> COMMANDS = List.of(
            SessionCommand.plain(Bytes.utf8("p")),
            SessionCommand.register("a client", LIMITS),
            SessionCommand.register("", LIMITS),
            SessionCommand.register("idle", LIMITS),
            SessionCommand.command(3, 1, 1, Bytes.utf8("a")),
            SessionCommand.command(2, 1, 1, Bytes.utf8("b")),
            SessionCommand.command(2, 4, 2, Bytes.utf8("null")),
            SessionCommand.command(2, 2, 2, Bytes.utf8("c")),
            SessionCommand.expire(4, 100),
            SessionCommand.close(99));

    private static byte[] commands() {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        COMMANDS.forEach(command -> {
            out.write(command.length());
            out.writeBytes(command.toArray());
        });
        return out.toByteArray();
    }

    private static byte[] snapshot(SessionMachine machine) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (FrozenState frozen = machine.freeze()) {
            frozen.writeTo(out);
        } catch (IOException e) {
            throw e;
        } catch (Exception e) {
            throw new IOException(e);
        }
        return out.toByteArray();
    }

    private static byte[] snapshot() throws IOException {
        SessionMachine machine = new SessionMachine(new RecordingMachine(), ResultCodec.BYTES);
        long index = 0;
        for (Bytes command : COMMANDS) {
            index++;
            machine.apply(index, 1_700_000_000_000L + index, command);
        }
        return snapshot(machine);
    }

    private static byte[] golden(String name) throws IOException {
        try (InputStream in = GoldenSessionTest.class.getResourceAsStream("/golden/v1/" + name)) {
            assertThat(in).as(name).isNotNull();
            return in.readAllBytes();
        }
    }

    public static void main(String[] args) throws IOException {
        Files.write(Path.of(args[0], "session-commands.bin"), commands());
        Files.write(Path.of(args[0], "session-snapshot.bin"), snapshot());
    }

    @Test
    void writesTheSameBytes() throws IOException {
        assertThat(commands()).isEqualTo(golden("session-commands.bin"));
        assertThat(snapshot()).isEqualTo(golden("session-snapshot.bin"));
    }

    @Test
    void readsTheState() throws IOException {
        RecordingMachine inner = new RecordingMachine();
        SessionMachine machine = new SessionMachine(inner, ResultCodec.BYTES);
        machine.load(new ByteArrayInputStream(golden("session-snapshot.bin"))).run();
        assertThat(inner.executed).isEqualTo("pabnullc");
        assertThat(machine.sessions()).isEqualTo(2);
        assertThat(machine.apply(11, 1_700_000_000_011L, SessionCommand.command(2, 4, 2, Bytes.EMPTY)))
                .isEqualTo(new SessionReply(SessionReply.Status.REPEATED, 0, null));
        assertThat(machine.apply(11, 1_700_000_000_011L, SessionCommand.command(3, 1, 1, Bytes.EMPTY)))
                .isEqualTo(new SessionReply(SessionReply.Status.REPEATED, 0, Bytes.utf8("pa")));
        assertThat(snapshot(machine)).isNotEqualTo(golden("session-snapshot.bin"));
    }
}
