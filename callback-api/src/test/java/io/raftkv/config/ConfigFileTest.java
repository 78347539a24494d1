package io.raftkv.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.raftkv.callback.ClientConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ConfigFileTest {
    private static final String XML = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";

    @TempDir
    Path folder;

    private Path write(String name, String text) throws IOException {
        return Files.writeString(folder.resolve(name), text);
    }

    private void refuses(Function<Path, ?> load, String name, String text, int line, String key, String what)
            throws IOException {
        Path file = write(name, text);
        String place = file + ":" + (line > 0 ? line + ":" : "") + " " + (key == null ? "" : key + ": ");
        assertThatExceptionOfType(ConfigException.class)
                .isThrownBy(() -> load.apply(file))
                .satisfies(e -> assertThat(e.getMessage()).isEqualTo(place + what))
                .satisfies(e -> assertThat(e.key()).isEqualTo(key));
    }

    @Test
    void readsTheShortCoordinatorForm() throws IOException {
        CoordinatorConfig config = CoordinatorConfig.load(write(
                "RaftServer1.xml",
                XML + "<host>\n    <ip>127.0.0.1:50000</ip>\n    <clusterSize>3</clusterSize>\n</host>"));
        assertThat(config)
                .isEqualTo(new CoordinatorConfig(
                        new HostPort("127.0.0.1", 50000),
                        3,
                        List.of(),
                        Path.of("data/coordinator-50000"),
                        "raftkv",
                        16,
                        2000,
                        60000,
                        100,
                        600,
                        1200,
                        10_000));
    }

    @Test
    void readsTheClientFormWithOneHostElementOrSeveral() throws IOException {
        String one = "<hosts><host><ip>127.0.0.1:50000</ip><ip>127.0.0.1:50001</ip></host></hosts>";
        String two = "<hosts><host><ip>127.0.0.1:50000</ip></host><host><ip>127.0.0.1:50001</ip></host></hosts>";
        ClientConfig expected = ClientConfig.of("127.0.0.1:50000, :50001");
        assertThat(ClientConfig.load(write("one.xml", XML + one))).isEqualTo(expected);
        assertThat(ClientConfig.load(write("two.xml", XML + two))).isEqualTo(expected);
    }

    @Test
    void readsFurtherElementsBesideTheHost() throws IOException {
        String xml =
                "<hosts><host><ip>a:1</ip></host><service>kv</service><requestTimeoutMs>500</requestTimeoutMs></hosts>";
        assertThat(ClientConfig.load(write("c.xml", xml)))
                .isEqualTo(ClientConfig.of("a:1").withService("kv").withRequestTimeoutMs(500));
    }

    @Test
    void readsTheSameFromYamlWithOrWithoutTheWrappers() throws IOException {
        ClientConfig expected = ClientConfig.of("a:1,b:2").withSessionTimeoutMs(900);
        assertThat(ClientConfig.load(write("flat.yaml", "ip: [a:1, b:2]\nsessionTimeoutMs: 900\n")))
                .isEqualTo(expected);
        assertThat(ClientConfig.load(write("deep.yml", "hosts: {host: {ip: [a:1, b:2]}, sessionTimeoutMs: 900}")))
                .isEqualTo(expected);
        assertThat(ClientConfig.load(write("single.yaml", "ip: ':50000'\n"))).isEqualTo(ClientConfig.of(":50000"));
    }

    @Test
    void derivesWhatFollowsFromOtherSettings() throws IOException {
        Path file = write("c.yaml", "ip: 10.0.0.1:60000\nmember: [10.0.0.1:60000]\n");
        CoordinatorConfig config = CoordinatorConfig.read(file)
                .listen(HostPort.parse("10.0.0.1:50001"))
                .members(HostPort.parseList("10.0.0.1:50001,10.0.0.2:50001"))
                .build();
        assertThat(config.clusterSize()).isEqualTo(2);
        assertThat(config.data()).isEqualTo(Path.of("data/coordinator-50001"));
        assertThat(config.jgroupsPort()).isEqualTo(60001);
        assertThat(CoordinatorConfig.load(file).jgroupsPort()).isEqualTo(50000);
        assertThat(config.toBuilder().build()).isEqualTo(config);
    }

    @Test
    void aServerAnnouncesWhereItListensUnlessToldOtherwise() throws IOException {
        ServerConfig config = ServerConfig.load(write("s.xml", "<server><ip>127.0.0.1:7001</ip></server>"));
        assertThat(config.announce()).isEqualTo(config.listen());
        assertThat(config.data()).isEqualTo(Path.of("data/server-7001"));
        assertThat(config.coordinators()).hasSize(3);
        assertThat(config.toBuilder().build()).isEqualTo(config);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '"', textBlock = """
            <host>;<ip>127.0.0.1:50000</ip>;<clusterSize>0</clusterSize>;</host> | 3 | clusterSize | 0 is out of range; allowed: a whole number from 1 to 9
            <host>;<ip>127.0.0.1:50000</ip>;<clusterSize>99999999999</clusterSize></host> | 3 | clusterSize | '99999999999' is no whole number; allowed: a whole number from 1 to 9
            <host>;<ip>127.0.0.1:50000</ip>;<clusterSize>three</clusterSize></host> | 3 | clusterSize | 'three' is no whole number; allowed: a whole number from 1 to 9
            <host>;<ip>127.0.0.1:50000</ip>;<clusterSize></clusterSize></host> | 3 | clusterSize | is empty; allowed: a whole number from 1 to 9
            <host>;<ip>127.0.0.1</ip>;<clusterSize>3</clusterSize></host> | 2 | ip | '127.0.0.1' has no port; @
            <host>;<ip>127.0.0.1:x</ip>;<clusterSize>3</clusterSize></host> | 2 | ip | '127.0.0.1:x' has no number as its port; @
            <host>;<ip>127.0.0.1:70000</ip>;<clusterSize>3</clusterSize></host> | 2 | ip | the port 70000 is out of range; @
            <host>;<ip>a b:1</ip>;<clusterSize>3</clusterSize></host> | 2 | ip | 'a b:1' has no valid host; @
            <host>;<clusterSize>3</clusterSize></host> | 1 | ip | is missing; @
            <host>;<ip>127.0.0.1:50000</ip></host> | 1 | clusterSize | is missing; allowed: a whole number from 1 to 9
            <host>;<ip>a:1</ip>;<ip>a:2</ip></host> | 3 | ip | is given again, after line 2; allowed: once
            <host>;<ip>a:1</ip><clusterSize>3</clusterSize>;<electionMinMs>200</electionMinMs></host> | 3 | electionMinMs | 200 is too short; allowed: at least three times heartbeatMs, 300
            <host>;<ip>a:1</ip><clusterSize>3</clusterSize>;<electionMaxMs>600</electionMaxMs></host> | 3 | electionMaxMs | 600 is too short; allowed: more than electionMinMs, 600
            <host>;<ip>a:1</ip><clusterSize>3</clusterSize>;<jgroupsPort>1</jgroupsPort></host> | 3 | jgroupsPort | 1 is the port of ip; allowed: another one
            <host>;<ip>a:1</ip>;<member>a:1</member><clusterSize>3</clusterSize></host> | 3 | clusterSize | 3 differs from the number of members, 1; leave one of the two out, or make them equal
            <host>;<ip>a:1</ip>;<member>b:1</member></host> | 3 | member | [b:1] lacks this node; allowed: a list with its ip, a:1
            <host>;<ip>a:1</ip>;<member>a:1</member>;<member>a:1</member></host> | 3 | member | an address is listed twice: [a:1, a:1]; allowed: each node once
            <host>;<ip><x>1</x></ip></host> | 2 | ip | holds 'x'; @
            <host>;<ip port='1'>a:1</ip></host> | 2 | ip | has the attribute 'port'; none are allowed
            <hosts>;<ip>a:1</ip></hosts> | 1 | hosts | is not the root of the coordinator; allowed: <host>
            """)
    void refusesWhatIsWrongAndSaysWhereAndWhatIsAllowed(String xml, int line, String key, String what)
            throws IOException {
        refuses(
                CoordinatorConfig::load,
                "c.xml",
                xml.replace(";", "\n"),
                line,
                key,
                what.replace("@", HostPort.ALLOWED));
    }

    @Test
    void refusesUnknownKeysInBothFormats() throws IOException {
        String known = "is unknown; allowed: ip, service, sessionTimeoutMs, requestTimeoutMs";
        refuses(
                ClientConfig::load,
                "a.xml",
                "<hosts>\n<host>\n<ip>a:1</ip>\n<pi>b:1</pi></host></hosts>",
                4,
                "pi",
                known);
        refuses(ClientConfig::load, "a.yaml", "ip: a:1\nServiCe: x\n", 2, "ServiCe", known);
        refuses(ClientConfig::load, "b.yaml", "ip: a:1\nhosts:\n  hosts: 1\n", 3, "hosts", known);
    }

    @Test
    void refusesTextBetweenElements() throws IOException {
        String what = "holds the text 'stray'; allowed: ip, service, sessionTimeoutMs, requestTimeoutMs";
        refuses(ClientConfig::load, "a.xml", "<hosts>\n<host><ip>a:1</ip>stray</host></hosts>", 2, "host", what);
    }

    @Test
    void refusesEachBadItemOfAListAtItsOwnLine() throws IOException {
        String what = "'b' has no port; " + HostPort.ALLOWED;
        refuses(ClientConfig::load, "a.yaml", "ip:\n  - a:1\n  - b\n", 3, "ip", what);
        refuses(
                ClientConfig::load,
                "b.yaml",
                "ip: [a:1, 'c:0']\n",
                1,
                "ip",
                "'c:0' has port 0; a port from 1 to 65535 is allowed");
    }

    @Test
    void refusesEntitiesSoThatNoFileIsReadThroughThem() throws IOException {
        Path secret = write("secret.txt", "127.0.0.1:1");
        String xml = XML + "<!DOCTYPE host [<!ENTITY e SYSTEM \"" + secret.toUri() + "\">]>\n<host><ip>&e;</ip></host>";
        refuses(CoordinatorConfig::load, "c.xml", xml, 2, "DOCTYPE", "is not allowed; remove it");
    }

    @Test
    void refusesBrokenFiles() throws IOException {
        Path missing = folder.resolve("none.xml");
        assertThatExceptionOfType(ConfigException.class)
                .isThrownBy(() -> ClientConfig.load(missing))
                .withMessage(missing + ": cannot be read: there is no such file; allowed: a readable XML or YAML file");
        assertThatExceptionOfType(ConfigException.class)
                .isThrownBy(() -> ClientConfig.load(folder))
                .withMessageContaining("cannot be read: ");
        for (String xml : List.of("", "x", "<hosts><host></hosts>", "<hosts/><hosts/>", "<hosts>&x;</hosts>")) {
            Path file = write("broken.xml", xml);
            assertThatExceptionOfType(ConfigException.class)
                    .isThrownBy(() -> ClientConfig.load(file))
                    .withMessageMatching("(?s).*broken.xml:1: is no well-formed XML: .*; see config/\\*.xml");
        }
        for (String yaml : List.of("ip: [a:1", "\tip: 1", "ip: a:1\n ip: b", "ip: a:1\n---\nip: b:1", "a", "", "- a")) {
            Path file = write("broken.yaml", yaml);
            assertThatExceptionOfType(ConfigException.class)
                    .isThrownBy(() -> ClientConfig.load(file))
                    .withMessageMatching("(?s).*broken.yaml:[0-9]: .*");
        }
    }

    @Test
    void refusesAliasesAndAbsurdNesting() throws IOException {
        refuses(
                ClientConfig::load,
                "a.yaml",
                "service: &x a\nip: *x\n",
                2,
                "ip",
                "is an alias; only plain values are allowed");
        String deep = "<a>".repeat(100_000);
        refuses(ClientConfig::load, "deep.xml", deep, 1, "a", "is nested too deep; see config/*.xml");
    }

    @Test
    void refusesFromAProgramAsFromAFileOnlyWithoutAPlace() {
        assertThatExceptionOfType(ConfigException.class)
                .isThrownBy(() -> CoordinatorConfig.builder().shards(0))
                .withMessage("shards: 0 is out of range; allowed: a whole number from 1 to 16384");
        assertThatExceptionOfType(ConfigException.class)
                .isThrownBy(() -> CoordinatorConfig.builder().clusterSize(3).build())
                .withMessageStartingWith("ip: is missing; ");
        assertThatExceptionOfType(ConfigException.class)
                .isThrownBy(() -> ClientConfig.of("a:1").withRequestTimeoutMs(1))
                .withMessage("requestTimeoutMs: 1 is out of range; allowed: a whole number from 100 to 60000");
        assertThatExceptionOfType(ConfigException.class)
                .isThrownBy(() -> ClientConfig.of("a:1,,b:1"))
                .withMessageStartingWith("coordinators: '' has no port; ");
    }
}
