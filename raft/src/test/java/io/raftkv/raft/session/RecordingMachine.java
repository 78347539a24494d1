package io.raftkv.raft.session;

import io.raftkv.raft.Bytes;
import io.raftkv.raft.StateMachine;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** Strings all commands together, and answers with the string; {@code null} is answered with null, {@code N} with N bytes. */
final class RecordingMachine implements StateMachine {
    String executed = "";

    @Override
    public @Nullable Object apply(long index, long timeMs, Bytes command) {
        String text = command.toUtf8();
        executed += text;
        if (text.equals("null")) {
            return null;
        }
        return text.matches("[0-9]+") ? Bytes.wrap(new byte[Integer.parseInt(text)]) : Bytes.utf8(executed);
    }

    @Override
    public FrozenState freeze() {
        String frozen = executed;
        return new FrozenState() {
            @Override
            public void writeTo(OutputStream out) throws IOException {
                out.write(frozen.getBytes(StandardCharsets.UTF_8));
            }

            @Override
            public void close() {}
        };
    }

    @Override
    public Runnable load(InputStream in) throws IOException {
        String loaded = new String(in.readAllBytes(), StandardCharsets.UTF_8);
        return () -> executed = loaded;
    }
}
