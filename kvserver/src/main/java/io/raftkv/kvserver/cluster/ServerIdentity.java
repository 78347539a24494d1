package io.raftkv.kvserver.cluster;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.Optional;

/** The id of a server: random, made at its first start, kept in its data folder. Its address is only data. */
public final class ServerIdentity {
    private static final String FILE = "server-id";

    private ServerIdentity() {}

    /** The id in a data folder, which is made if it is missing. Never 0. */
    public static long of(Path folder) throws IOException {
        Files.createDirectories(folder);
        AtomicFile file = new AtomicFile(folder.resolve(FILE));
        Optional<String> text = file.read();
        if (text.isPresent()) {
            return HexFormat.fromHexDigitsToLong(text.get().strip());
        }
        SecureRandom random = new SecureRandom();
        long id = random.nextLong();
        while (id == 0) {
            id = random.nextLong();
        }
        file.write(HexFormat.of().toHexDigits(id) + "\n");
        return id;
    }
}
