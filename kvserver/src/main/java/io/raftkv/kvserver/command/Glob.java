package io.raftkv.kvserver.command;

/**
 * Redis's patterns over bytes: {@code ?}, {@code *}, {@code [a-z]}, {@code [^a]}, {@code \}.
 *
 * <p>A star is tried again only from the last one on, so the work is at most the product of both lengths, where plain
 * recursion would let one pattern stop the loop.
 */
public final class Glob {
    private final byte[] pattern;

    /** Compiles nothing: a pattern is read as it stands. */
    public Glob(byte[] pattern) {
        this.pattern = pattern.clone();
    }

    /** Whether the whole of {@code text} matches. */
    public boolean matches(byte[] text) {
        int p = 0;
        int t = 0;
        int starAt = -1;
        int retryAt = 0;
        while (t < text.length) {
            if (p < pattern.length && pattern[p] == '*') {
                starAt = p++;
                retryAt = t;
            } else {
                int next = p < pattern.length ? matchOne(p, text[t]) : -1;
                if (next >= 0) {
                    p = next;
                    t++;
                } else if (starAt >= 0) {
                    p = starAt + 1;
                    t = ++retryAt;
                } else {
                    return false;
                }
            }
        }
        while (p < pattern.length && pattern[p] == '*') {
            p++;
        }
        return p == pattern.length;
    }

    /** The place behind the element at {@code p} if it matches {@code c}, else -1. */
    private int matchOne(int p, byte c) {
        return switch (pattern[p]) {
            case '?' -> p + 1;
            case '[' -> matchClass(p + 1, c & 0xff);
            case '\\' -> {
                int literal = p + 1 < pattern.length ? p + 1 : p;
                yield pattern[literal] == c ? literal + 1 : -1;
            }
            default -> pattern[p] == c ? p + 1 : -1;
        };
    }

    private int matchClass(int start, int c) {
        int p = start;
        boolean negated = p < pattern.length && pattern[p] == '^';
        if (negated) {
            p++;
        }
        boolean found = false;
        while (p < pattern.length && pattern[p] != ']') {
            if (pattern[p] == '\\' && p + 1 < pattern.length) {
                p++;
                found |= (pattern[p] & 0xff) == c;
                p++;
            } else if (p + 2 < pattern.length && pattern[p + 1] == '-') {
                int low = Math.min(pattern[p] & 0xff, pattern[p + 2] & 0xff);
                int high = Math.max(pattern[p] & 0xff, pattern[p + 2] & 0xff);
                found |= low <= c && c <= high;
                p += 3;
            } else {
                found |= (pattern[p] & 0xff) == c;
                p++;
            }
        }
        // Like Redis, a class that is never closed ends with the pattern.
        return found == negated ? -1 : Math.min(p + 1, pattern.length);
    }
}
