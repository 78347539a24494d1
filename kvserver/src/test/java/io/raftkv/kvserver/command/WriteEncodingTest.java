package io.raftkv.kvserver.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.raftkv.kvserver.engine.Key;
import io.raftkv.kvserver.engine.MemoryEngine;
import io.raftkv.raft.Bytes;
import io.raftkv.raft.session.SessionCommand;
import io.raftkv.resp.RespValue;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** These bytes stand in logs: a test that fails here means a new version of the format, not another expectation. */
class WriteEncodingTest {
    private static final int PLAIN_HEAD_BYTES = 2;
    private static final Limits LIMITS = new Limits(1024, 8 << 20);
    private static final Map<String, String> GOLDEN = new TreeMap<>(Map.ofEntries(
            Map.entry("SET k v", "01 00 01 01 00 016b 0176"),
            Map.entry("SET k v NX GET", "01 00 01 01 05 016b 0176"),
            Map.entry("SET k v XX", "01 00 01 01 02 016b 0176"),
            Map.entry("GETSET k v", "01 00 01 01 04 016b 0176"),
            Map.entry("SETNX k v", "01 00 01 02 016b 0176"),
            Map.entry("DEL k kk", "01 00 01 03 02 016b 026b6b"),
            Map.entry("GETDEL k", "01 00 01 04 016b"),
            Map.entry("APPEND k v", "01 00 01 05 80808004 016b 0176"),
            Map.entry("SETRANGE k 300 v", "01 00 01 06 ac02 016b 0176"),
            Map.entry("INCR k", "01 00 01 07 02 016b"),
            Map.entry("DECRBY k 300", "01 00 01 07 d704 016b"),
            Map.entry("INCRBY k 9223372036854775807", "01 00 01 07 feffffffffffffffff01 016b"),
            Map.entry("MSET k v kk vv", "01 00 01 08 02 016b 0176 026b6b 027676"),
            Map.entry("MSETNX k v", "01 00 01 09 01 016b 0176")));

    private static final Map<String, DataCommand> COMMANDS = DataCommands.all().stream()
            .collect(Collectors.toMap(command -> command.spec().name().toUpperCase(Locale.ROOT), Function.identity()));

    private static byte[][] args(String line) {
        return Stream.of(line.split(" "))
                .map(word -> word.getBytes(StandardCharsets.UTF_8))
                .toArray(byte[][]::new);
    }

    private static Bytes encode(String line) throws CommandException {
        byte[][] args = args(line);
        return COMMANDS.get(new String(args[0], StandardCharsets.UTF_8)).encode(args, LIMITS);
    }

    /** What the sessions of a shard hand on to it. */
    private static Bytes write(String line) throws CommandException {
        Bytes encoded = encode(line);
        return encoded.slice(PLAIN_HEAD_BYTES, encoded.length());
    }

    @TestFactory
    Stream<DynamicTest> encodesAsEver() {
        return GOLDEN.entrySet().stream()
                .map(entry -> DynamicTest.dynamicTest(entry.getKey(), () -> assertThat(
                                HexFormat.of().formatHex(encode(entry.getKey()).toArray()))
                        .isEqualTo(entry.getValue().replace(" ", ""))));
    }

    @Test
    void aWriteInASessionDiffersInItsHeadAlone() throws CommandException {
        Bytes once = COMMANDS.get("INCR").encodeOnce(args("INCR k"), LIMITS, 5, 7, 6);
        assertThat(HexFormat.of().formatHex(once.toArray()))
                .isEqualTo("0102" + "0000000000000005" + "0000000000000007" + "0000000000000006" + "010702016b");
        assertThat(once).isEqualTo(SessionCommand.command(5, 7, 6, write("INCR k")));
        assertThat(encode("INCR k")).isEqualTo(SessionCommand.plain(write("INCR k")));
    }

    @Test
    void keepsEveryAnswerOfAWrite() {
        Stream.of(
                        RespValue.ok(),
                        RespValue.nil(),
                        RespValue.integer(0),
                        RespValue.integer(Long.MIN_VALUE),
                        RespValue.integer(Long.MAX_VALUE),
                        RespValue.bulk(""),
                        RespValue.bulk("\0\r\n键"),
                        RespValue.simple("other"),
                        Errors.NOT_AN_INTEGER_REPLY)
                .forEach(answer -> assertThat(AnswerCodec.INSTANCE.decode(AnswerCodec.INSTANCE.encode(answer)))
                        .isEqualTo(answer));
    }

    @Test
    void everyWriteOfTheTableHasGoldenBytes() {
        assertThat(GOLDEN.keySet().stream().map(line -> line.substring(0, line.indexOf(' '))))
                .containsAll(DataCommands.all().stream()
                        .filter(DataCommand::isWrite)
                        .map(command -> command.spec().name().toUpperCase(Locale.ROOT))
                        .filter(name -> !name.equals("UNLINK") && !name.equals("DECR") && !name.equals("INCRBY"))
                        .toList());
    }

    @Test
    void refusesToApplyWhatItDoesNotKnow() throws CommandException {
        MemoryEngine engine = new MemoryEngine();
        byte[] good = write("SET k v").toArray();
        for (int at : new int[] {0, 1}) {
            byte[] bad = good.clone();
            bad[at] = 99;
            assertThatThrownBy(() -> WriteApplier.apply(Bytes.wrap(bad), engine))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("newer release");
        }
        byte[] longer = java.util.Arrays.copyOf(good, good.length + 1);
        assertThatThrownBy(() -> WriteApplier.apply(Bytes.wrap(longer), new MemoryEngine()))
                .isInstanceOf(IllegalStateException.class);
        assertThat(engine.size()).isZero();
    }

    @Test
    void whatItStoresDoesNotKeepTheBatchAlive() throws CommandException {
        MemoryEngine engine = new MemoryEngine();
        Bytes command = write("SET key value");
        byte[] batch = new byte[1_000];
        command.copyTo(batch, 500);
        assertThat(WriteApplier.apply(Bytes.wrap(batch, 500, command.length()), engine))
                .isEqualTo(RespValue.ok());
        java.util.Arrays.fill(batch, (byte) 0);
        assertThat(engine.get(Key.of("key"))).isEqualTo("value".getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void refusesACommandThatIsTooLargeForALogEntry() {
        Limits small = new Limits(10, 10);
        byte[][] args = new byte[200_000][];
        args[0] = "DEL".getBytes(StandardCharsets.UTF_8);
        java.util.Arrays.fill(args, 1, args.length, new byte[] {'k', 'e'});
        assertThatThrownBy(() -> COMMANDS.get("DEL").encode(args, small))
                .isInstanceOf(CommandException.class)
                .hasMessageStartingWith("ERR command of");
    }
}
