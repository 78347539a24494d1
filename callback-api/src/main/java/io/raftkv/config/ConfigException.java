package io.raftkv.config;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * A setting is missing, unknown or not allowed, or a file cannot be read. The message is for the person who wrote it:
 * {@code file:line: key: what is wrong; what is allowed}. Commands end with exit code 2 on it.
 *
 * <p>Threads: immutable.
 */
public final class ConfigException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final @Nullable String file;
    private final int line;
    private final @Nullable String key;
    private final String what;

    /**
     * @param file the file, or null if the setting comes from elsewhere
     * @param line counted from 1; 0 if it is not known
     * @param key the setting, or null if the whole file is meant
     * @param what what is wrong, a semicolon, and what is allowed
     */
    public ConfigException(@Nullable Path file, int line, @Nullable String key, String what) {
        this(file == null ? null : file.toString(), line, key, what);
    }

    private ConfigException(@Nullable String file, int line, @Nullable String key, String what) {
        super(text(file, line, key, what));
        this.file = file;
        this.line = line;
        this.key = key;
        this.what = what;
    }

    /** The file as it was named, or null. */
    public @Nullable String file() {
        return file;
    }

    /** The line, counted from 1, or 0 if it is not known. */
    public int line() {
        return line;
    }

    /** The setting, or null if the whole file is meant. */
    public @Nullable String key() {
        return key;
    }

    /** The same, found in a file. */
    ConfigException at(Path place, int number) {
        return new ConfigException(place.toString(), number, key, what);
    }

    private static String text(@Nullable String file, int line, @Nullable String key, String what) {
        StringBuilder text = new StringBuilder();
        if (file != null) {
            text.append(file).append(':');
            text.append(line > 0 ? line + ":" : "").append(' ');
        }
        return text.append(key == null ? "" : key + ": ").append(what).toString();
    }
}
