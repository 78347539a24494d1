package io.raftkv.resp;

/** Values that exist once; apart from {@link RespValue}, whose fields would all be public. */
final class RespConstants {
    static final RespValue OK = new RespValue.Simple("OK");
    static final RespValue NIL = new RespValue.Null();

    private RespConstants() {}
}
