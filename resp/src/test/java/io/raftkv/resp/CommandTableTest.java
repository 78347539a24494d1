package io.raftkv.resp;

import static io.raftkv.resp.TestBytes.buffer;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.channel.embedded.EmbeddedChannel;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Conversations with a table, one line each; {@code ~} stands for the end of a line. */
class CommandTableTest {
    private final CommandTable table = new CommandTable()
            .register(new ConnectionCommands(Map.of("mode", "cluster")))
            .register(
                    new CommandSpec("MSet", -3, Set.of("write", "denyoom"), 1, -1, 2, "Sets keys.", "string", "1.0.1"),
                    (c, args, reply) -> reply.ok())
            .register(
                    new CommandSpec("get", 2, Set.of("readonly", "fast"), 1, 1, 1, "Reads a key.", "string", "1.0.0"),
                    (c, args, reply) -> reply.bulk(args[1]));
    private final EmbeddedChannel channel = new EmbeddedChannel();
    private final ServerConnection connection = new ServerConnection(7, channel, BackPressure.DEFAULT, List.of());

    CommandTableTest() {
        channel.pipeline().addLast(new RequestHandler(connection, table, RespLimits.DEFAULT, channel, () -> {}));
    }

    @AfterEach
    void close() {
        channel.finishAndReleaseAll();
    }

    private String ask(String line) {
        channel.writeInbound(buffer(line + "\r\n"));
        StringBuilder answer = new StringBuilder();
        for (ByteBuf part; (part = channel.readOutbound()) != null; part.release()) {
            answer.append(TestBytes.text(part).replace("\r\n", "~"));
        }
        return answer.toString();
    }

    @ParameterizedTest
    @CsvSource(delimiterString = " => ", quoteCharacter = '`', textBlock = """
                    GeT k => $1~k~
                    get => -ERR wrong number of arguments for 'get' command~
                    mset a 1 => +OK~
                    mset a => -ERR wrong number of arguments for 'mset' command~
                    nope a b => -ERR unknown command 'nope', with args beginning with: 'a' 'b' ~
                    command count => :11~
                    command list filterby pattern *GE* => *1~$3~get~
                    command list filterby pattern m?et => *1~$4~mset~
                    command list filterby aclcat write => *1~$4~mset~
                    command list filterby module x => *0~
                    command list filterby x y => -ERR syntax error~
                    command getkeys mset a 1 b 2 => *2~$1~a~$1~b~
                    command getkeys get a => *1~$1~a~
                    command getkeys ping => -ERR The command has no key arguments~
                    command getkeys nope => -ERR Invalid command specified~
                    command getkeys get => -ERR Invalid number of arguments specified for command~
                    command getkeys => -ERR wrong number of arguments for 'command|getkeys' command~
                    command info get nope => *2~*10~$3~get~:2~*2~+fast~+readonly~:1~:1~:1~*3~+@fast~+@read~+@string~*0~*0~*0~$-1~
                    command docs get nope => *2~$3~get~*6~$7~summary~$12~Reads a key.~$5~since~$5~1.0.0~$5~group~$6~string~
                    command x => -ERR unknown subcommand 'x'. Try COMMAND HELP.~
                    ping => +PONG~
                    ping hi => $2~hi~
                    ping a b => -ERR wrong number of arguments for 'ping' command~
                    echo hi => $2~hi~
                    select 0 => +OK~
                    select 1 => -ERR DB index is out of range~
                    auth x => -ERR AUTH was called, but this server has no users and passwords; connect without~
                    hello 3 auth a b => -ERR AUTH was called, but this server has no users and passwords; connect without~
                    hello 4 => -NOPROTO unsupported protocol version~
                    hello x => -ERR Protocol version is not an integer or out of range~
                    hello 3 x => -ERR Syntax error in HELLO option 'x'~
                    hello 3 setname "a b" => -ERR Client names cannot contain spaces, newlines or special characters.~
                    client id => :7~
                    client getname => $-1~
                    client setname "a b" => -ERR Client names cannot contain spaces, newlines or special characters.~
                    client setinfo lib-name x => +OK~
                    client setinfo nope x => -ERR Unrecognized option 'NOPE'~
                    client no-evict on => +OK~
                    client no-touch x => -ERR syntax error~
                    client reply on => +OK~
                    client reply off => -ERR CLIENT REPLY OFF is not supported; answers are always sent~
                    client setname => -ERR wrong number of arguments for 'client|setname' command~
                    client tracking on => -ERR unknown subcommand 'tracking'. Try CLIENT HELP.~
                    """)
    void answersAsRedisDoes(String line, String answer) {
        assertThat(ask(line)).isEqualTo(answer);
    }

    @Test
    void clientInfoAndListTellAboutConnections() {
        assertThat(ask("client info")).isEqualTo("$57~id=7 addr=embedded name= flags=N db=0 user=default resp=2~");
        assertThat(ask("client list")).isEqualTo("$0~~"); // The connection has no server here.
    }

    @Test
    void helloChangesProtocolAndName() {
        assertThat(ask("hello 3 setname me"))
                .isEqualTo("%7~$6~server~$5~redis~$7~version~$6~7.0.15~$5~proto~:3~$2~id~:7~$4~mode~$7~cluster~"
                        + "$4~role~$6~master~$7~modules~*0~");
        assertThat(ask("client getname")).isEqualTo("$2~me~");
        assertThat(ask("command docs get")).startsWith("%1~$3~get~%3~");
        assertThat(ask("reset")).isEqualTo("+RESET~");
        assertThat(ask("client getname")).isEqualTo("$-1~");
        assertThat(ask("hello")).startsWith("*14~");
    }

    @Test
    void quitAnswersAndCloses() {
        assertThat(ask("quit")).isEqualTo("+OK~");
        assertThat(channel.isOpen()).isFalse();
    }

    @Test
    void connectionCommandsAloneTellWhatIsNotTheirs() {
        ConnectionCommands commands = new ConnectionCommands(Map.of());
        byte[][] get = {TestBytes.bytes("get")};
        byte[][] ping = {TestBytes.bytes("PiNg")};
        channel.pipeline().removeLast();
        assertThat(commands.handle(connection, get, connection.replies().add(connection, 0)))
                .isFalse();
        assertThat(commands.handle(connection, ping, connection.replies().add(connection, 0)))
                .isTrue();
    }

    @Test
    void listsAllRowsInOrder() {
        assertThat(table.specs())
                .extracting(CommandSpec::name)
                .containsExactly(
                        "auth", "client", "command", "echo", "get", "hello", "mset", "ping", "quit", "reset", "select");
        assertThat(ask("command")).startsWith("*11~*10~$4~auth~");
    }
}
