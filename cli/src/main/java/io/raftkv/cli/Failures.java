package io.raftkv.cli;

import io.raftkv.callback.CoordinatorException;
import io.raftkv.config.ConfigException;
import io.raftkv.kvclient.KvException;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.net.BindException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;

/** Turns what goes wrong into a message that says what to do, and an exit code. */
public final class Failures {
    private Failures() {}

    /** Prints the message to {@code err}; the exit code. */
    public static int report(Throwable thrown, PrintStream err) {
        Throwable failure = unwrapped(thrown);
        if (failure instanceof ConfigException || failure instanceof IllegalArgumentException) {
            err.println("raftkv: " + failure.getMessage());
            return ExitCode.USAGE;
        }
        String hint = hint(failure);
        if (hint == null) {
            err.println("raftkv: this should not have happened; please report it with the following lines");
            failure.printStackTrace(err);
        } else {
            err.println("raftkv: " + text(failure) + hint);
        }
        return ExitCode.FAILED;
    }

    /** One line on a failure, for shells. */
    public static String text(Throwable thrown) {
        Throwable failure = unwrapped(thrown);
        String text = failure.getMessage() == null ? failure.toString() : failure.getMessage();
        if (failure instanceof FileSystemException file && file.getReason() == null) {
            // Its message is the path alone; what is wrong with it is its class.
            text = file.getFile() + ": " + complaint(file);
        }
        boolean unsure = failure instanceof CoordinatorException refused && refused.mayHaveHappened();
        return unsure && !text.contains("may ") ? text + "; it may have been carried out" : text;
    }

    private static String complaint(FileSystemException file) {
        if (file instanceof AccessDeniedException) {
            return "access is denied; check its owner and permissions";
        }
        if (file instanceof FileAlreadyExistsException) {
            return "is a file where a folder is needed";
        }
        return file instanceof NoSuchFileException
                ? "does not exist and cannot be made"
                : file.getClass().getSimpleName();
    }

    /** What to do about a failure, beginning with a separator; empty if its message says it; null if it is a bug. */
    private static @Nullable String hint(Throwable failure) {
        if (failure instanceof BindException) {
            return String.valueOf(failure.getMessage()).contains("in use")
                    ? "; end the process that uses it, or choose another one with --listen"
                    : "; --listen needs an address of this machine, --announce may be another";
        }
        if (failure instanceof KvException
                || failure instanceof CoordinatorException
                || failure instanceof IOException
                || failure instanceof IllegalStateException && failure.getMessage() != null) {
            return "";
        }
        return null;
    }

    private static Throwable unwrapped(Throwable thrown) {
        Throwable failure = thrown;
        while ((failure instanceof CompletionException
                        || failure instanceof ExecutionException
                        || failure instanceof UncheckedIOException)
                && failure.getCause() != null) {
            failure = failure.getCause();
        }
        return failure;
    }
}
