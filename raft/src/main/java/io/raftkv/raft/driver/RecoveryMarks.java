package io.raftkv.raft.driver;

import io.raftkv.raft.log.Disk;
import io.raftkv.raft.log.Disk.DiskFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListSet;

/**
 * Remembers on disk which groups lost what they had promised, until they have recovered: one empty file per group, and a
 * text per damage, which stays.
 *
 * <p>A mark is durable before anything damaged is set aside, and goes only when the new vote of the group is durable; one
 * that is left behind makes a replica recover once more, which costs time and no safety.
 *
 * <p>Threads: any that may wait for the disk; looking up: any.
 */
final class RecoveryMarks {
    private static final String DIRECTORY = "recovery";
    private static final String TEXT = "damage-";
    /** Its name in the directory: the folder lacks what its server promised in groups of which it may know nothing. */
    private static final String FORGOT = "forgot";

    private final Disk disk;
    private final Set<Long> marked = new ConcurrentSkipListSet<>();
    private int texts;
    private volatile boolean forgot;

    RecoveryMarks(Disk disk) throws IOException {
        this.disk = disk;
        for (String name : disk.list(DIRECTORY)) {
            if (name.matches("[0-9a-f]{16}")) {
                marked.add(Long.parseUnsignedLong(name, 16));
            } else if (name.startsWith(TEXT)) {
                texts++;
            } else if (name.equals(FORGOT)) {
                forgot = true;
            }
        }
    }

    boolean isMarked(long groupId) {
        return marked.contains(groupId);
    }

    /** Whether anything in this folder was ever found damaged. */
    boolean wasDamaged() {
        return texts > 0;
    }

    /** Marks the groups and writes down why; durable on return. */
    synchronized void mark(Collection<Long> groups, String why) throws IOException {
        disk.createDirectory(DIRECTORY);
        for (long group : groups) {
            write(path(group), "");
        }
        String text;
        do {
            text = DIRECTORY + "/" + TEXT + ++texts + ".txt";
        } while (disk.exists(text));
        write(text, why + "\n");
        disk.forceDirectory(DIRECTORY);
        marked.addAll(groups);
    }

    /** Marks the groups, and those that are opened later and of which the folder knows nothing; durable on return. */
    synchronized void forget(Collection<Long> groups, String why) throws IOException {
        disk.createDirectory(DIRECTORY);
        write(DIRECTORY + "/" + FORGOT, "");
        mark(groups, why);
        forgot = true;
    }

    /** Whether the folder was found to be an older copy, or to take the place of one that was lost. */
    boolean hasForgotten() {
        return forgot;
    }

    private void write(String path, String content) throws IOException {
        if (disk.exists(path)) {
            return;
        }
        try (DiskFile file = disk.create(path)) {
            file.write(ByteBuffer.wrap(content.getBytes(StandardCharsets.UTF_8)), 0);
            file.force();
        }
    }

    synchronized void clear(long groupId) throws IOException {
        disk.delete(path(groupId));
        disk.forceDirectory(DIRECTORY);
        marked.remove(groupId);
    }

    private static String path(long groupId) {
        return DIRECTORY + "/" + String.format("%016x", groupId);
    }
}
