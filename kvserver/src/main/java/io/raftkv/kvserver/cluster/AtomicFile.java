package io.raftkv.kvserver.cluster;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.HexFormat;
import java.util.Optional;
import java.util.zip.CRC32C;

/**
 * A small text that is replaced as a whole: after a crash the file holds the old or the new text. Its last line is a
 * checksum of the lines before.
 *
 * <p>Threads: one at a time.
 */
final class AtomicFile {
    private static final String END = "end ";

    private final Path path;

    AtomicFile(Path path) {
        this.path = path;
    }

    /** The text without its checksum, or empty if there is no file. */
    Optional<String> read() throws IOException {
        if (!Files.exists(path)) {
            return Optional.empty();
        }
        // What is not UTF-8 does not fit its checksum either.
        String whole = new String(Files.readAllBytes(path), StandardCharsets.UTF_8);
        int end = whole.lastIndexOf(END);
        if (end < 0 || !whole.substring(end).strip().equals(END + checksum(whole.substring(0, end)))) {
            throw new IOException(
                    path + ": damaged or not of a KV server, its checksum does not fit; restore it from a copy, or"
                            + " name the right data folder with --data");
        }
        return Optional.of(whole.substring(0, end));
    }

    /** Replaces the text, durably. */
    void write(String text) throws IOException {
        Path fresh = path.resolveSibling(path.getFileName() + ".new");
        byte[] bytes = (text + END + checksum(text) + "\n").getBytes(StandardCharsets.UTF_8);
        try (FileChannel channel = FileChannel.open(
                fresh, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING, StandardOpenOption.WRITE)) {
            ByteBuffer buffer = ByteBuffer.wrap(bytes);
            while (buffer.hasRemaining()) {
                channel.write(buffer);
            }
            channel.force(true);
        }
        Files.move(fresh, path, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        Path folder = path.toAbsolutePath().getParent();
        try (FileChannel directory = FileChannel.open(folder, StandardOpenOption.READ)) {
            directory.force(true);
        }
    }

    private static String checksum(String text) {
        CRC32C crc = new CRC32C();
        crc.update(text.getBytes(StandardCharsets.UTF_8));
        return HexFormat.of().toHexDigits((int) crc.getValue());
    }
}
