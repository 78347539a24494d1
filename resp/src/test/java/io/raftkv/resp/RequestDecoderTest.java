package io.raftkv.resp;

import static io.raftkv.resp.TestBytes.buffer;
import static io.raftkv.resp.TestBytes.bytes;
import static io.raftkv.resp.TestBytes.cuts;
import static io.raftkv.resp.TestBytes.words;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.UnpooledByteBufAllocator;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RequestDecoderTest {
    private static final RespLimits SMALL = new RespLimits(100, 10, 40);

    private static List<List<String>> decode(List<byte[]> pieces, RespLimits limits) {
        UnpooledByteBufAllocator allocator = new UnpooledByteBufAllocator(false);
        RequestDecoder decoder = new RequestDecoder(limits);
        PendingInput input = new PendingInput();
        List<List<String>> requests = new ArrayList<>();
        try {
            for (byte[] piece : pieces) {
                var in = input.add(allocator.buffer(piece.length).writeBytes(piece), allocator);
                for (byte[][] args; (args = decoder.next(in)) != null; ) {
                    requests.add(words(args));
                }
                input.trim(allocator);
            }
        } finally {
            input.release();
        }
        assertThat(allocator.metric().usedHeapMemory()).isZero();
        return requests;
    }

    private static List<List<String>> decode(String wire) {
        return decode(List.of(bytes(wire)), SMALL);
    }

    @Test
    void readsRequestsCutAtEveryByte() {
        String wire = "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$7\r\na\r\nb\0\377c\r\n" // A value with CRLF, zero and 255.
                + "PING\r\n" + "*1\r\n$4\r\nPING\r\n" + "*2\r\n$3\r\nGET\r\n$0\r\n\r\n" + "  get \"a b\"  'c'\n";
        for (List<byte[]> cut : cuts(bytes(wire))) {
            assertThat(decode(cut, SMALL))
                    .containsExactly(
                            List.of("SET", "k", "a\r\nb\0\377c"),
                            List.of("PING"),
                            List.of("PING"),
                            List.of("GET", ""),
                            List.of("get", "a b", "c"));
        }
    }

    @Test
    void ignoresEmptyRequestsAsRedisDoes() {
        assertThat(decode("*0\r\n*-1\r\n\r\n \r\n*1\r\n$1\r\nx\r\n")).containsExactly(List.of("x"));
    }

    @Test
    void readsLargeBulksAndManyArgumentsBeyondTheFirstPieces() {
        String value = "v".repeat(200_001);
        StringBuilder wire = new StringBuilder("*301\r\n$200001\r\n" + value + "\r\n");
        wire.append("$1\r\nx\r\n".repeat(300));
        byte[] whole = bytes(wire.toString());
        List<byte[]> pieces = new ArrayList<>();
        for (int at = 0; at < whole.length; at += 1000) {
            pieces.add(java.util.Arrays.copyOfRange(whole, at, Math.min(whole.length, at + 1000)));
        }
        List<List<String>> requests = decode(pieces, RespLimits.DEFAULT);
        assertThat(requests).hasSize(1);
        assertThat(requests.get(0)).hasSize(301).startsWith(value).endsWith("x");
    }

    @ParameterizedTest
    @ValueSource(strings = {"\"a\\x41\\n\\\"\\\\q\" 'it\\'s \\n' mid\"dle\""})
    void knowsTheQuotingOfInlineRequests(String line) {
        assertThat(decode(line + "\r\n")).containsExactly(List.of("aA\n\"\\q", "it's \\n", "middle"));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    *x~                  | invalid multibulk length
                    *11~                 | invalid multibulk length
                    *99999999999999999999999~ | invalid multibulk length
                    *1~:3~               | expected '$', got ':'
                    *1~$-1~              | invalid bulk length -1; allowed: 0 to 100
                    *1~$101~             | invalid bulk length 101; allowed: 0 to 100
                    *1~$9999999999~      | invalid bulk length 9999999999; allowed: 0 to 100
                    *1~$~                | invalid bulk length
                    *1~$1a~              | invalid bulk length
                    *1~$00000000000000000000000000000000000000 | invalid bulk length
                    *2~$60~123456789012345678901234567890123456789012345678901234567890~$60~ | too big request; allowed: 100 bytes
                    *1~$1~xyz            | expected CRLF after a bulk of 1 bytes
                    get "abc~            | unbalanced quotes in request
                    get 'a'b~            | unbalanced quotes in request
                    aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa | too big inline request
                    """)
    void refusesWhatIsMalformedOrTooLarge(String wire, String complaint) {
        byte[] whole = bytes(wire.replace("~", "\r\n"));
        for (List<byte[]> cut : cuts(whole)) {
            assertThatThrownBy(() -> decode(cut, SMALL))
                    .isInstanceOf(ProtocolError.class)
                    .hasMessage(complaint);
        }
    }

    @Test
    void allocatesLittleForWhatIsOnlyAnnounced() {
        RequestDecoder decoder = new RequestDecoder(RespLimits.DEFAULT);
        BulkReader bulk = new BulkReader();
        bulk.begin(8 * 1024 * 1024);
        assertThat(bulk.capacity()).isLessThanOrEqualTo(64 * 1024);
        assertThat(decoder.next(buffer("*1048576\r\n$8388608\r\nx"))).isNull();
        assertThat(decoder.capacity()).isLessThanOrEqualTo(64);
    }
}
