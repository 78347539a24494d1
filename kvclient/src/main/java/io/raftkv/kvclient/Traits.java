package io.raftkv.kvclient;

import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Set;

/**
 * What the client has to know of a command: where its key is, whether it writes, and whether it may be carried out twice.
 *
 * @param keyIndex the argument that holds the first key, or 0 if there is none
 * @param readOnly it changes nothing
 * @param repeatable carrying it out twice is the same as once, the answer included
 */
record Traits(int keyIndex, boolean readOnly, boolean repeatable) {
    private static final Set<String> READS = Set.of(
            "BITCOUNT",
            "BITFIELD_RO",
            "BITPOS",
            "DUMP",
            "EXISTS",
            "EXPIRETIME",
            "GET",
            "GETBIT",
            "GETRANGE",
            "HEXISTS",
            "HGET",
            "HGETALL",
            "HKEYS",
            "HLEN",
            "HMGET",
            "HSCAN",
            "HSTRLEN",
            "HVALS",
            "LINDEX",
            "LLEN",
            "LRANGE",
            "MGET",
            "OBJECT",
            "PEXPIRETIME",
            "PTTL",
            "SCARD",
            "SISMEMBER",
            "SMEMBERS",
            "SMISMEMBER",
            "SSCAN",
            "STRLEN",
            "SUBSTR",
            "TOUCH",
            "TTL",
            "TYPE",
            "ZCARD",
            "ZCOUNT",
            "ZRANGE",
            "ZRANK",
            "ZSCAN",
            "ZSCORE");
    private static final Set<String> KEYLESS_READS = Set.of(
            "CLIENT",
            "CLUSTER",
            "COMMAND",
            "DBSIZE",
            "ECHO",
            "HELLO",
            "INFO",
            "KEYS",
            "LASTSAVE",
            "LOLWUT",
            "MEMORY",
            "PING",
            "RANDOMKEY",
            "RKV.SCAN",
            "RKV.STATUS",
            "RKV.VERSION",
            "ROLE",
            "SCAN",
            "SELECT",
            "SLOWLOG",
            "TIME",
            "WAIT");
    private static final Set<String> KEYLESS_WRITES =
            Set.of("CONFIG", "DEBUG", "FLUSHALL", "FLUSHDB", "PUBLISH", "SAVE", "BGSAVE", "SHUTDOWN", "SWAPDB");
    // SET k v NX tells whether it was the first; with GET it tells what was there. A repetition would answer otherwise.
    private static final Set<String> SET_CONDITIONS = Set.of("NX", "XX", "GET");

    /** Whether a server may be asked to carry it out once: all that writes has its key behind its name. */
    boolean isWrite() {
        return !readOnly && keyIndex == 1;
    }

    static Traits of(byte[][] args) {
        String name = upper(args[0]);
        if (KEYLESS_READS.contains(name)) {
            return new Traits(0, true, true);
        }
        if (KEYLESS_WRITES.contains(name)) {
            return new Traits(0, false, false);
        }
        // Whoever numbers his commands himself may repeat them.
        if (name.equals("RKV.SESSION")) {
            return new Traits(args.length > 2 ? 2 : 0, false, true);
        }
        if (name.equals("RKV.ONCE")) {
            return new Traits(args.length > 5 ? 5 : 0, false, true);
        }
        // OBJECT ENCODING key, MEMORY USAGE key and the like name the key second.
        int wanted = name.equals("OBJECT") ? 2 : 1;
        int keyIndex = args.length > wanted ? wanted : 0;
        boolean reads = READS.contains(name);
        return new Traits(keyIndex, reads, reads || name.equals("SET") && unconditional(args) || name.equals("MSET"));
    }

    private static boolean unconditional(byte[][] set) {
        for (int i = 3; i < set.length; i++) {
            if (SET_CONDITIONS.contains(upper(set[i]))) {
                return false;
            }
        }
        return true;
    }

    private static String upper(byte[] word) {
        return word.length > 32 ? "" : new String(word, StandardCharsets.ISO_8859_1).toUpperCase(Locale.ROOT);
    }
}
