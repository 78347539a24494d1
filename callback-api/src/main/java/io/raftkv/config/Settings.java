package io.raftkv.config;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Values of settings, with the places where they were found, if in a file.
 *
 * <p>Threads: the one that loads.
 */
public final class Settings {
    private final Map<String, Object> values = new HashMap<>();
    private final Map<String, Integer> lines = new HashMap<>();
    private final @Nullable Path file;
    private final int rootLine;

    /** No settings yet, and no file. */
    public Settings() {
        this(null, 0);
    }

    Settings(@Nullable Path file, int rootLine) {
        this.file = file;
        this.rootLine = rootLine;
    }

    /**
     * Sets a value, in place of one from the file too.
     *
     * @throws ConfigException if it is not allowed
     */
    public <T> void put(Setting<T> setting, T value) {
        setting.check(value);
        values.put(setting.name(), value);
        lines.remove(setting.name());
    }

    <T> void put(Setting<T> setting, T value, int line) {
        values.put(setting.name(), value);
        lines.put(setting.name(), line);
    }

    /** The value or the setting's default; null if there is neither. */
    @SuppressWarnings("unchecked") // put() admits nothing else under this name.
    public <T> @Nullable T find(Setting<T> setting) {
        T value = (T) values.get(setting.name());
        return value == null ? setting.fallback() : value;
    }

    /** The value, the setting's default, or this one. */
    public <T> T get(Setting<T> setting, T derived) {
        T value = find(setting);
        return value == null ? derived : value;
    }

    /**
     * The value or the setting's default.
     *
     * @throws ConfigException if there is neither
     */
    public <T> T get(Setting<T> setting) {
        T value = find(setting);
        if (value == null) {
            throw located(new ConfigException(null, 0, setting.name(), "is missing; " + setting.allowed()));
        }
        return value;
    }

    /** The same complaint with the place of its setting, if that came from the file. */
    public ConfigException located(ConfigException e) {
        boolean overridden = values.containsKey(e.key()) && !lines.containsKey(e.key());
        return file == null || overridden ? e : e.at(file, lines.getOrDefault(e.key(), rootLine));
    }
}
