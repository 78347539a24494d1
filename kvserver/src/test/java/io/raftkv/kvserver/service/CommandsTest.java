package io.raftkv.kvserver.service;

import static org.assertj.core.api.Assertions.assertThat;

import io.raftkv.resp.RespValue;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * Conversations in {@code commands.txt}: each line with {@code >} is sent, the lines below it are the answer. {@code $s} stands
 * for the session that was opened last.
 */
class CommandsTest {
    private static FakeServer server;

    @BeforeAll
    static void start() throws Exception {
        server = new FakeServer(4);
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @TestFactory
    Stream<DynamicTest> answersAsRedisDoes() throws Exception {
        String text;
        try (var in = getClass().getResourceAsStream("/commands.txt")) {
            text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
        List<DynamicTest> tests = new ArrayList<>();
        for (String block : text.split("\n\n", 0)) {
            List<String> lines =
                    block.lines().filter(line -> !line.startsWith("#")).toList();
            if (!lines.isEmpty()) {
                tests.add(DynamicTest.dynamicTest(lines.get(0), () -> converse(lines)));
            }
        }
        return tests.stream();
    }

    private static void converse(List<String> expected) throws Exception {
        List<String> actual = new ArrayList<>();
        String session = "no session yet";
        for (String line : expected) {
            if (line.startsWith("> ")) {
                RespValue answer = server.call(words(line.substring(2).replace("$s", session)));
                session = line.startsWith("> RKV.SESSION OPEN {") ? answer.asText() : session;
                actual.add(line);
                actual.addAll(render(answer, "").replace(session, "$s").lines().toList());
            }
        }
        assertThat(String.join("\n", actual)).isEqualTo(String.join("\n", expected));
    }

    private static String[] words(String line) {
        return Stream.of(line.split(" ", -1))
                .map(word -> word.equals("\"\"") ? "" : word.replace("_SP_", " "))
                .toArray(String[]::new);
    }

    private static String render(RespValue value, String indent) {
        if (value.isNull()) {
            return indent + "(nil)";
        } else if (value instanceof RespValue.Error error) {
            return indent + "-" + error.message();
        } else if (value instanceof RespValue.Int number) {
            return indent + ":" + number.value();
        } else if (value instanceof RespValue.Simple simple) {
            return indent + "+" + simple.text();
        } else if (value instanceof RespValue.Bulk bulk) {
            return indent + "\"" + bulk.asText().replace("\r\n", "\\r\\n").replace("\0", "\\0") + "\"";
        }
        List<RespValue> items = value.asList();
        return items.isEmpty()
                ? indent + "(empty)"
                : items.stream().map(item -> render(item, indent + "- ")).collect(Collectors.joining("\n"));
    }
}
