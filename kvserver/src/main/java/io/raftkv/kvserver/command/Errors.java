package io.raftkv.kvserver.command;

import io.raftkv.resp.RespValue;

/** Redis's error texts, word for word: clients match them. */
final class Errors {
    static final String SYNTAX = "ERR syntax error";
    static final String NOT_AN_INTEGER = "ERR value is not an integer or out of range";
    static final String OVERFLOW = "ERR increment or decrement would overflow";
    static final String DECREMENT_OVERFLOW = "ERR decrement would overflow";
    static final String OFFSET = "ERR offset is out of range";
    static final String TOO_LONG = "ERR string exceeds maximum allowed size (proto-max-bulk-len)";
    static final String CURSOR = "ERR invalid cursor";

    static final RespValue NOT_AN_INTEGER_REPLY = RespValue.error(NOT_AN_INTEGER);
    static final RespValue OVERFLOW_REPLY = RespValue.error(OVERFLOW);
    static final RespValue TOO_LONG_REPLY = RespValue.error(TOO_LONG);

    private Errors() {}

    static String wrongArguments(String command) {
        return "ERR wrong number of arguments for '" + command + "' command";
    }
}
