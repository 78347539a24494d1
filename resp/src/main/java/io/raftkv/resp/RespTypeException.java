package io.raftkv.resp;

/** A value is not of the type that the reader expected; mostly an error reply, whose message is then the text. */
public final class RespTypeException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    RespTypeException(String expected, RespValue actual) {
        super(
                actual instanceof RespValue.Error error
                        ? error.message()
                        : "expected " + expected + ", got " + brief(actual.toString()));
    }

    private static String brief(String text) {
        return text.length() <= 200 ? text : text.substring(0, 200) + "...";
    }
}
