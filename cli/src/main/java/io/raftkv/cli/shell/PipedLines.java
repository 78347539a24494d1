package io.raftkv.cli.shell;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import org.jspecify.annotations.Nullable;

/** Lines from a file or a pipe, as bytes: a script may hold binary values. */
final class PipedLines implements Lines {
    // Above the largest command that a server takes, escapes included; a bound all the same.
    private static final int LONGEST = 64 * 1024 * 1024;

    private final InputStream in;

    PipedLines(InputStream in) {
        this.in = new BufferedInputStream(in);
    }

    @Override
    public byte @Nullable [] next() throws IOException {
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        int b = in.read();
        if (b < 0) {
            return null;
        }
        for (; b >= 0 && b != '\n'; b = in.read()) {
            line.write(b);
            if (line.size() > LONGEST) {
                throw new IOException("a line is longer than " + LONGEST + " bytes");
            }
        }
        return line.toByteArray();
    }

    @Override
    public void close() {
        // Standard input is not ours to close.
    }
}
