package io.raftkv.cli.shell;

import static org.assertj.core.api.Assertions.assertThat;

import io.raftkv.resp.RespValue;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class ReplyTextTest {
    @Test
    void showsScalars() {
        assertThat(shown(RespValue.ok())).isEqualTo("OK\n");
        assertThat(shown(RespValue.integer(-3))).isEqualTo("(integer) -3\n");
        assertThat(shown(RespValue.nil())).isEqualTo("(nil)\n");
        assertThat(shown(RespValue.bulk("a \"b\""))).isEqualTo("a \"b\"\n");
        assertThat(shown(new RespValue.Bool(true))).isEqualTo("(true)\n");
        assertThat(shown(new RespValue.DoubleValue(1.5))).isEqualTo("(double) 1.5\n");
    }

    @Test
    void showsNestedListsAsRedisCliDoes() {
        RespValue inner = RespValue.array(RespValue.bulk("x"), RespValue.nil());
        assertThat(shown(RespValue.array(RespValue.integer(1), inner, RespValue.error("ERR no"))))
                .isEqualTo("1) (integer) 1\n2) 1) \"x\"\n   2) (nil)\n3) (error) ERR no\n");
        assertThat(shown(RespValue.array())).isEqualTo("(empty array)\n");
        assertThat(shown(new RespValue.SetValue(List.of(RespValue.bulk("m"))))).isEqualTo("1~ \"m\"\n");
    }

    @Test
    void showsMaps() {
        assertThat(shown(
                        RespValue.map(RespValue.bulk("a"), RespValue.integer(1), RespValue.bulk("b"), RespValue.nil())))
                .isEqualTo("1# \"a\" => (integer) 1\n2# \"b\" => (nil)\n");
    }

    @Test
    void escapesOnATerminalOnlyWhatIsNoText() {
        byte[] binary = {'a', 0, -1};
        assertThat(new String(printed(RespValue.bulk(binary), true), StandardCharsets.UTF_8))
                .isEqualTo("\"a\\x00\\xff\"\n");
        assertThat(printed(RespValue.bulk(binary), false)).containsExactly('a', 0, -1, '\n');
        assertThat(shown(RespValue.bulk("two\nlines, 值"))).isEqualTo("two\nlines, 值\n");
    }

    private static String shown(RespValue value) {
        return new String(printed(value, true), StandardCharsets.UTF_8);
    }

    private static byte[] printed(RespValue value, boolean terminal) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        PrintStream out = new PrintStream(bytes, false, StandardCharsets.UTF_8);
        new ReplyText(out, terminal).print(value);
        out.flush();
        return bytes.toByteArray();
    }
}
