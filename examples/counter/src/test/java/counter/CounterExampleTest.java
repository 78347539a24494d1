package counter;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

class CounterExampleTest {
    private static final String OUTPUT =
            """
            counted 1000
            without the leader, 1001
            the one that was closed caught up
            """;

    @TempDir
    Path folder;

    @Test
    @Timeout(120)
    void countsThroughACloseOfTheLeaderAndARestartOfAll() throws Exception {
        String[] args = {folder.toString(), address(), address(), address()};
        assertEquals(OUTPUT, run(args));
        assertEquals(OUTPUT, run(args), "what was counted before is on the disks");
        try (Stream<Path> files = Files.walk(folder.resolve("server-1/snapshots"))) {
            assertTrue(files.anyMatch(file -> file.toString().endsWith(".snap")), "a snapshot was taken");
        }
    }

    private static String run(String[] args) throws Exception {
        PrintStream before = System.out;
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        System.setOut(new PrintStream(out, true, StandardCharsets.UTF_8));
        try {
            CounterExample.main(args);
        } finally {
            System.setOut(before);
        }
        return out.toString(StandardCharsets.UTF_8).replace(System.lineSeparator(), "\n");
    }

    /** One that is free now. */
    private static String address() throws IOException {
        try (ServerSocket free = new ServerSocket(0)) {
            return "127.0.0.1:" + free.getLocalPort();
        }
    }
}
