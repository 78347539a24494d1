package io.raftkv.resp;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Wire bytes in tests: one char, one byte. */
final class TestBytes {
    private TestBytes() {}

    static byte[] bytes(String latin1) {
        return latin1.getBytes(StandardCharsets.ISO_8859_1);
    }

    static ByteBuf buffer(String latin1) {
        return Unpooled.wrappedBuffer(bytes(latin1));
    }

    static String text(ByteBuf bytes) {
        return bytes.toString(StandardCharsets.ISO_8859_1);
    }

    static List<String> words(byte[][] args) {
        List<String> words = new ArrayList<>();
        for (byte[] arg : args) {
            words.add(new String(arg, StandardCharsets.ISO_8859_1));
        }
        return words;
    }

    /** Two pieces for each place where the bytes can be cut, and at last single bytes. */
    static List<List<byte[]>> cuts(byte[] whole) {
        List<List<byte[]>> cuts = new ArrayList<>();
        for (int at = 0; at <= whole.length; at++) {
            cuts.add(List.of(
                    java.util.Arrays.copyOfRange(whole, 0, at), java.util.Arrays.copyOfRange(whole, at, whole.length)));
        }
        List<byte[]> single = new ArrayList<>();
        for (byte b : whole) {
            single.add(new byte[] {b});
        }
        cuts.add(single);
        return cuts;
    }
}
