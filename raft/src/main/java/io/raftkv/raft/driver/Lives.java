package io.raftkv.raft.driver;

import io.raftkv.raft.log.Disk;
import io.raftkv.raft.log.Disk.DiskFile;
import io.raftkv.raft.log.LogException;
import io.raftkv.raft.transport.Introduction.Life;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.zip.CRC32C;

/**
 * What a data folder remembers of the lives of its server, and of those of its peers that this server met: the file {@code
 * lives} (docs/format.md). A folder that does not remember a life of its own server which a peer met is an older copy, or
 * not the folder of that server at all.
 *
 * <p>Threads: immutable; {@link #write} one at a time.
 *
 * @param folder the random identity of the folder, not 0
 * @param own how far this server lived each of its lives, the oldest first
 * @param forgotten the count of the last life that this server was told of and of which the folder knew nothing; whatever it
 *     promised up to that one its replicas recover from, or have recovered from
 * @param peers what was met of each other server last
 */
public record Lives(long folder, List<Life> own, long forgotten, SortedMap<Long, Met> peers) {
    /** The last that was met of another server. */
    public record Met(long folder, Life life) {}

    /** The name of the file. */
    public static final String FILE = "lives";

    private static final String WRITING = "lives.tmp";
    private static final String HEADER = "lives 1";
    private static final String CHECKSUM = "crc ";
    /** A peer that was away for more starts than this takes the folder for an older copy, which costs a recovery. */
    private static final int MOST_LIVES = 4096;

    public Lives {
        own = List.copyOf(own);
        peers = Collections.unmodifiableSortedMap(new TreeMap<>(peers));
    }

    /** Of a folder in which no server lived yet. */
    static Lives none(long folder) {
        return new Lives(folder, List.of(), 0, new TreeMap<>());
    }

    /** The present one, none if the server did not live yet. */
    public Life life() {
        return own.isEmpty() ? Life.NONE : own.get(own.size() - 1);
    }

    /** The one before the present one, none if there is none. */
    Life before() {
        return own.size() < 2 ? Life.NONE : own.get(own.size() - 2);
    }

    /** Whether nothing is missing of {@code life}: the folder knows of it, or knows that it has forgotten it. */
    public boolean remembers(Life life) {
        return life.count() <= forgotten || own.stream().anyMatch(lived -> lived.covers(life));
    }

    /** With another life as the present one. */
    Lives begin(int random) {
        long number = Math.max(life().count(), forgotten) + 1 << Integer.SIZE | Integer.toUnsignedLong(random);
        List<Life> kept = new ArrayList<>(own.subList(Math.max(0, own.size() + 1 - MOST_LIVES), own.size()));
        kept.add(new Life(number, 1));
        return new Lives(folder, kept, forgotten, peers);
    }

    /** With the next stretch of the present life. */
    Lives nextStretch() {
        List<Life> all = new ArrayList<>(own);
        all.set(all.size() - 1, new Life(life().number(), life().stretch() + 1));
        return new Lives(folder, all, forgotten, peers);
    }

    /** It is known that all up to {@code life}, of which this server was told, may be missing. */
    Lives forget(Life life) {
        return new Lives(folder, own, Math.max(forgotten, life.count()), peers);
    }

    Lives meet(long server, Met met) {
        SortedMap<Long, Met> all = new TreeMap<>(peers);
        all.put(server, met);
        return new Lives(folder, own, forgotten, all);
    }

    /**
     * Reads what the folder says.
     *
     * @return empty if it says nothing: it is new, or of a release before 1.1
     * @throws LogException if the file is damaged
     */
    public static Optional<Lives> read(Disk disk) throws IOException {
        if (!disk.exists(FILE)) {
            return Optional.empty();
        }
        ByteBuffer content;
        try (DiskFile file = disk.open(FILE)) {
            content = ByteBuffer.allocate((int) file.size());
            file.read(content, 0);
        }
        return Optional.of(parse(new String(content.array(), 0, content.position(), StandardCharsets.UTF_8)));
    }

    /** The content of the file, see {@link #read}. */
    public static Lives parse(String text) throws LogException {
        int end = text.lastIndexOf(CHECKSUM);
        if (!text.startsWith(HEADER + "\n")) {
            throw LogException.damaged(FILE, 0, "the file does not begin with \"" + HEADER + "\"");
        }
        if (end < 0 || !text.substring(end).equals(checksum(text.substring(0, end)))) {
            throw LogException.damaged(FILE, -1, "the checksum at its end does not match");
        }
        long folder = 0;
        List<Life> own = new ArrayList<>();
        long forgotten = 0;
        SortedMap<Long, Met> peers = new TreeMap<>();
        for (String line : text.substring(0, end).split("\n")) {
            String[] words = line.split(" ");
            switch (words[0]) {
                case "folder" -> folder = number(words[1]);
                case "life" -> own.add(life(words[1], words[2]));
                case "forgot" -> forgotten = Long.parseLong(words[1]);
                case "peer" -> peers.put(number(words[1]), new Met(number(words[2]), life(words[3], words[4])));
                default -> {
                    // The header, and what later releases add.
                }
            }
        }
        return new Lives(folder, own, forgotten, peers);
    }

    private static long number(String word) {
        return Long.parseUnsignedLong(word, 16);
    }

    private static Life life(String number, String stretch) {
        return new Life(number(number), Long.parseLong(stretch));
    }

    /** Durable on return; under another name first, so that a stop in between leaves the old file. */
    void write(Disk disk) throws IOException {
        disk.delete(WRITING);
        try (DiskFile file = disk.create(WRITING)) {
            file.write(ByteBuffer.wrap(text().getBytes(StandardCharsets.UTF_8)), 0);
            file.force();
        }
        disk.rename(WRITING, FILE);
        disk.forceDirectory("");
    }

    private String text() {
        StringBuilder text = new StringBuilder(HEADER + "\n");
        text.append(String.format("folder %016x\n", folder));
        own.forEach(life -> text.append(String.format("life %016x %d\n", life.number(), life.stretch())));
        if (forgotten > 0) {
            text.append("forgot ").append(forgotten).append('\n');
        }
        peers.forEach((server, met) -> text.append(String.format(
                "peer %016x %016x %016x %d\n",
                server, met.folder(), met.life().number(), met.life().stretch())));
        return text + checksum(text.toString());
    }

    private static String checksum(String text) {
        CRC32C crc = new CRC32C();
        crc.update(text.getBytes(StandardCharsets.UTF_8));
        return String.format("%s%08x\n", CHECKSUM, (int) crc.getValue());
    }
}
