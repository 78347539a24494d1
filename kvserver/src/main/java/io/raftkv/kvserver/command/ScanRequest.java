package io.raftkv.kvserver.command;

import io.raftkv.kvserver.engine.MemoryEngine;
import io.raftkv.kvserver.engine.Position;
import io.raftkv.resp.RespValue;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * One SCAN under way: what it looks for, how much it may still look at, what it found. See docs/adr/0001.
 *
 * <p>Threads: one at a time, each handing it to the next.
 */
public final class ScanRequest {
    /** One call runs on the event loop, so it looks at this many keys at most. */
    private static final int MAX_COUNT = 10_000;

    private static final int DEFAULT_COUNT = 10;
    /** An answer of this size ends early; keys are up to 64 KiB. */
    private static final int MAX_ANSWER_BYTES = 4 * 1024 * 1024;

    private final long cursor;
    private int budget = DEFAULT_COUNT;
    private @Nullable Glob pattern;
    private boolean nothingMatches;
    private final List<RespValue> found = new ArrayList<>();
    private long answerBytes;

    private ScanRequest(long cursor) {
        this.cursor = cursor;
    }

    /** Reads {@code SCAN cursor [MATCH pattern] [COUNT count] [TYPE type]}. */
    public static ScanRequest parse(byte[][] args) throws CommandException {
        long cursor = Decimal.parse(args[1], Errors.CURSOR);
        if (cursor < 0 || cursor >= Position.END) {
            throw new CommandException(Errors.CURSOR);
        }
        ScanRequest scan = new ScanRequest(cursor);
        for (int i = 2; i < args.length; i += 2) {
            if (i + 1 == args.length) {
                throw new CommandException(Errors.SYNTAX);
            }
            scan.option(new String(args[i], StandardCharsets.ISO_8859_1).toUpperCase(Locale.ROOT), args[i + 1]);
        }
        return scan;
    }

    private void option(String name, byte[] value) throws CommandException {
        switch (name) {
            case "MATCH" -> pattern = new Glob(value);
            case "COUNT" -> {
                long count = Decimal.parse(value);
                if (count < 1) {
                    throw new CommandException(Errors.SYNTAX);
                }
                budget = (int) Math.min(count, MAX_COUNT);
            }
            case "TYPE" -> nothingMatches = !new String(value, StandardCharsets.ISO_8859_1).equalsIgnoreCase("string");
            default -> throw new CommandException(Errors.SYNTAX);
        }
    }

    /** The first position to look at. */
    public long cursor() {
        return cursor;
    }

    /** Whether it may look at more keys. */
    public boolean wantsMore() {
        return budget > 0 && answerBytes < MAX_ANSWER_BYTES;
    }

    /**
     * Looks at keys of positions {@code [from, to)}. Threads: the loop of the engine.
     *
     * @return the position to go on with, {@code to} if nothing is left
     */
    public long walk(MemoryEngine engine, long from, long to) {
        long at = from;
        while (wantsMore() && at < to) {
            // In small steps, so that a few long keys do not make an answer of any size.
            int step = Math.min(budget, 64);
            budget -= step;
            at = engine.scan(at, to, step, key -> visit(key.bytes()));
        }
        return at;
    }

    private void visit(byte[] key) {
        if (!nothingMatches && (pattern == null || pattern.matches(key))) {
            found.add(RespValue.bulk(key));
            answerBytes += key.length;
        }
    }

    /** The answer; {@code next} is the position to go on with, {@link Position#END} if the walk is over. */
    public RespValue answer(long next) {
        return RespValue.array(RespValue.bulk(Long.toString(next == Position.END ? 0 : next)), RespValue.array(found));
    }
}
