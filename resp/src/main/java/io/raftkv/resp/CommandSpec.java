package io.raftkv.resp;

import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;

/**
 * A row of the command table, in Redis's terms.
 *
 * @param name in lower case; any case is accepted and folded
 * @param arity the exact number of arguments with the name, or, if negative, minus the least number
 * @param flags such as {@code readonly}, {@code write}, {@code fast}, {@code admin}
 * @param firstKey the index of the first key among the arguments, the name being 0; 0 means no keys
 * @param lastKey the index of the last key; negative counts from the end, -1 being the last argument
 * @param keyStep from one key to the next; 0 if there are no keys
 * @param summary one sentence for the help
 * @param group such as {@code string} or {@code connection}
 * @param since the version that brought it
 */
public record CommandSpec(
        String name,
        int arity,
        Set<String> flags,
        int firstKey,
        int lastKey,
        int keyStep,
        String summary,
        String group,
        String since) {
    public CommandSpec {
        name = name.toLowerCase(Locale.ROOT);
        if (name.isEmpty() || arity == 0) {
            throw new IllegalArgumentException("a command needs a name and an arity: '" + name + "', " + arity);
        }
        if (firstKey < 0 || (firstKey > 0) != (keyStep > 0)) {
            throw new IllegalArgumentException(name + ": keys from " + firstKey + " in steps of " + keyStep);
        }
        flags = java.util.Collections.unmodifiableSortedSet(new TreeSet<>(flags));
    }

    /** A command without keys. */
    public static CommandSpec keyless(String name, int arity, String group, String summary, String... flags) {
        return new CommandSpec(name, arity, Set.of(flags), 0, 0, 0, summary, group, "1.0.0");
    }

    /** Whether a request of this many arguments, the name among them, fits the arity. */
    public boolean accepts(int argumentCount) {
        return arity > 0 ? argumentCount == arity : argumentCount >= -arity;
    }
}
