package io.raftkv.cli.shell;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** Where a shell's lines come from. */
interface Lines extends AutoCloseable {
    /** The next line without its end, or null at the end of the input. */
    byte @Nullable [] next() throws IOException;

    @Override
    void close() throws IOException;
}
