package io.raftkv.config;

import static org.assertj.core.api.Assertions.assertThat;

import io.raftkv.callback.ClientConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The files of {@code config/} are right, and its reference document is what the tables say. */
class SampleFilesTest {
    private static final Path CONFIG = Path.of("..", "config");
    private static final List<HostPort> NODES = HostPort.parseList(":50000,:50001,:50002");

    @Test
    void coordinatorSamplesDifferOnlyInTheMemberList() {
        CoordinatorConfig xml = CoordinatorConfig.load(CONFIG.resolve("coordinator.xml"));
        CoordinatorConfig yaml = CoordinatorConfig.load(CONFIG.resolve("coordinator.yaml"));
        assertThat(xml.members()).isEmpty();
        assertThat(yaml.members()).isEqualTo(NODES);
        assertThat(xml.toBuilder().members(NODES).build()).isEqualTo(yaml);
    }

    @Test
    void clientSamplesAreEqual() {
        ClientConfig xml = ClientConfig.load(CONFIG.resolve("clients.xml"));
        assertThat(xml).isEqualTo(ClientConfig.load(CONFIG.resolve("client.yaml")));
        assertThat(xml.coordinators()).isEqualTo(NODES);
    }

    @Test
    void serverSamplesAreEqual() {
        ServerConfig xml = ServerConfig.load(CONFIG.resolve("server.xml"));
        assertThat(xml).isEqualTo(ServerConfig.load(CONFIG.resolve("server.yaml")));
        assertThat(xml.coordinators()).isEqualTo(NODES);
    }

    @Test
    void everySampleIsTested() throws IOException {
        try (Stream<Path> files = Files.list(CONFIG)) {
            assertThat(files.map(file -> file.getFileName().toString()))
                    .containsExactlyInAnyOrder(
                            "REFERENCE.md",
                            "client.yaml",
                            "clients.xml",
                            "coordinator.xml",
                            "coordinator.yaml",
                            "server.xml",
                            "server.yaml");
        }
    }

    /** With {@code -Draftkv.rewrite=true} the document is written anew; review the difference like code. */
    @Test
    void theReferenceIsWhatTheTablesSay() throws IOException {
        Path file = CONFIG.resolve("REFERENCE.md");
        String text = String.join(
                "\n",
                "# Settings",
                "",
                "Written from the tables in the code (`SampleFilesTest`); do not edit by hand. Files that end with `.yaml` or"
                        + " `.yml` are YAML,",
                "all others XML. The names are the same in both. A repeated setting is a repeated element in XML and a list in"
                        + " YAML.",
                "In YAML the settings stand at the top level. Unknown settings are errors. Relative folders begin where the",
                "process was started.",
                "",
                CoordinatorConfig.SCHEMA.reference(),
                ServerConfig.SCHEMA.reference(),
                ClientConfig.SCHEMA.reference());
        if (Boolean.getBoolean("raftkv.rewrite")) {
            Files.writeString(file, text);
        }
        assertThat(file).hasContent(text);
    }
}
