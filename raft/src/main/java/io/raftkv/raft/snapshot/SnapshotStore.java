package io.raftkv.raft.snapshot;

import io.raftkv.raft.core.SnapshotMeta;
import io.raftkv.raft.log.Disk;
import io.raftkv.raft.log.Disk.DiskFile;
import java.io.IOException;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.LongPredicate;
import org.jspecify.annotations.Nullable;

/**
 * The snapshot files of all groups of a server (Raft §5.1).
 *
 * <pre>
 * &lt;group, 16 hex digits&gt;/&lt;index, 16 hex digits&gt;.snap      complete and durable
 *                         &lt;index&gt;.snap.damaged         found damaged; kept for whoever wants to look at it
 *                         &lt;index&gt;.tmp                  being written; worthless after a restart
 *                         &lt;index&gt;-&lt;term&gt;-&lt;bytes&gt;-&lt;checksum&gt;.part  being received; continued after a restart
 * </pre>
 *
 * The folder of a group tells that the group was here, see {@link #name}. A file gets its final name when all of it is synced. Older ones stay until {@link #retainOnly}, which its caller calls
 * when the log no longer needs them.
 *
 * <p>Threads: any that may wait for the disk, one at a time per group.
 */
public final class SnapshotStore {
    private static final String COMPLETE = ".snap";
    private static final String DAMAGED = ".damaged";
    private static final String WRITING = ".tmp";
    private static final String RECEIVING = ".part";

    private final Disk disk;
    private final String directory;
    private final int blockBytes;
    /** The newest of each group that was looked for; spares reading it again for each transfer. Its order shows nowhere. */
    private final Map<Long, StoredSnapshot> known = new ConcurrentHashMap<>();

    private final AtomicBoolean namesAreNew = new AtomicBoolean();
    /** Whether the folders are durable that an earlier life made. */
    private final AtomicBoolean areFoldersSynced = new AtomicBoolean();

    /** With the largest blocks. */
    public SnapshotStore(Disk disk, String directory) {
        this(disk, directory, SnapshotFormat.BLOCK_BYTES);
    }

    /**
     * @param directory created when the first snapshot is written
     * @param blockBytes what of a snapshot is checked as one; after a crash what was received of it goes on at the end of a
     *     block. Cut down to the largest size
     */
    public SnapshotStore(Disk disk, String directory, int blockBytes) {
        this.blockBytes = Math.min(blockBytes, SnapshotFormat.BLOCK_BYTES);
        this.disk = disk;
        this.directory = directory;
    }

    int blockBytes() {
        return blockBytes;
    }

    /** Writes the state of a state machine. */
    public interface StateWriter {
        void writeTo(OutputStream out) throws IOException;
    }

    /** The groups that have a snapshot. */
    public SortedSet<Long> groups() throws IOException {
        SortedSet<Long> groups = named();
        for (Iterator<Long> each = groups.iterator(); each.hasNext(); ) {
            if (complete(each.next()).isEmpty()) {
                each.remove();
            }
        }
        return groups;
    }

    /** The groups that have a folder, with anything in it or not. */
    public SortedSet<Long> named() throws IOException {
        SortedSet<Long> groups = new TreeSet<>();
        for (String name : disk.list(directory)) {
            if (name.matches("[0-9a-f]{16}")) {
                groups.add(Long.parseUnsignedLong(name, 16));
            }
        }
        return groups;
    }

    /** Makes the folder of a group; it is durable after the next {@link #syncNames}, which many groups share. */
    public void name(long groupId) throws IOException {
        disk.createDirectory(directory);
        disk.nameDirectory(folder(groupId));
        namesAreNew.set(true);
    }

    /** Makes the folders durable that were made before, if there are any. */
    public void syncNames() throws IOException {
        if (namesAreNew.compareAndSet(true, false)) {
            disk.forceDirectory(directory);
        }
    }

    /**
     * The newest sound snapshot; empty if the group has none at all. The caller must compare it with the start of the log:
     * if the newest is damaged an older one is found, and the entries between may be gone.
     *
     * @throws SnapshotException if there are some and none is sound; the message names the newest
     */
    public Optional<StoredSnapshot> newest(long groupId) throws IOException {
        StoredSnapshot found = known.get(groupId);
        if (found != null) {
            return Optional.of(found);
        }
        SnapshotException damage = null;
        for (long index : complete(groupId)) {
            try {
                found = StoredSnapshot.verified(disk, path(groupId, index), groupId);
                known.put(groupId, found);
                return Optional.of(found);
            } catch (SnapshotException e) {
                if (damage == null) {
                    damage = e;
                } else {
                    damage.addSuppressed(e);
                }
            }
        }
        if (damage != null) {
            throw damage;
        }
        return Optional.empty();
    }

    /** The bytes of the newest snapshot of a group that was opened; 0 if it has none. */
    public long newestBytes(long groupId) {
        StoredSnapshot newest = known.get(groupId);
        return newest == null ? 0 : newest.totalBytes();
    }

    /** The bytes of the newest snapshots of all groups that were opened. */
    public long newestBytes() {
        return known.values().stream().mapToLong(StoredSnapshot::totalBytes).sum();
    }

    /**
     * Gives the damaged snapshots that {@code damage} names other names, durably, so that they are not looked at again. They
     * may be all that is left of some state.
     */
    public void setAside(long groupId, SnapshotException damage) throws IOException {
        disk.rename(damage.file(), damage.file() + DAMAGED);
        for (Throwable older : damage.getSuppressed()) {
            if (older instanceof SnapshotException also) {
                disk.rename(also.file(), also.file() + DAMAGED);
            }
        }
        disk.forceDirectory(folder(groupId));
    }

    /**
     * Makes the names of the group's snapshots durable. If the process alone died before it synced one, the next life finds
     * it in the cache of the system, and must not promise anything by it yet.
     */
    public void syncFound(long groupId) throws IOException {
        if (!areFoldersSynced.getAndSet(true)) {
            disk.forceDirectory(directory);
        }
        disk.forceDirectory(folder(groupId));
    }

    /** Writes a snapshot; it is durable when this returns. One that fails leaves nothing behind. */
    public StoredSnapshot write(long groupId, SnapshotMeta meta, StateWriter writer) throws IOException {
        disk.createDirectory(folder(groupId));
        deleteAll(groupId, WRITING, index -> true);
        String temporary = path(groupId, digits(meta.index()) + WRITING);
        long bytes;
        int checksum;
        try (DiskFile file = disk.create(temporary)) {
            BlockWriter out = new BlockWriter(file, groupId, meta, blockBytes);
            writer.writeTo(out);
            bytes = out.finish();
            checksum = out.checksum();
        } catch (IOException | RuntimeException e) {
            try {
                disk.delete(temporary);
            } catch (IOException left) {
                e.addSuppressed(left);
            }
            throw e;
        }
        return publish(temporary, groupId, meta, bytes, checksum);
    }

    /** Deletes what an earlier life of the process began and nobody will go on with; called before anything is begun. */
    public void deleteLeftovers(long groupId) throws IOException {
        deleteAll(groupId, WRITING, index -> true);
        List<Long> complete = complete(groupId);
        if (!complete.isEmpty()) {
            deleteAll(groupId, RECEIVING, index -> index <= complete.get(0));
        }
    }

    /**
     * A snapshot file that was read in full.
     *
     * @param problem null if it is sound; then {@code meta} is not null
     */
    public record Checked(
            String path,
            @Nullable SnapshotMeta meta,
            long bytes,
            @Nullable String problem) {}

    /** Reads all complete snapshots of the group, newest first, and changes nothing. */
    public List<Checked> check(long groupId) throws IOException {
        List<Checked> all = new ArrayList<>();
        for (long index : complete(groupId)) {
            String path = path(groupId, index);
            try {
                StoredSnapshot sound = StoredSnapshot.verified(disk, path, groupId);
                all.add(new Checked(path, sound.meta(), sound.totalBytes(), null));
            } catch (SnapshotException e) {
                all.add(new Checked(path, null, 0, e.getMessage()));
            }
        }
        return all;
    }

    /** Gives a synced file its name. */
    StoredSnapshot publish(String from, long groupId, SnapshotMeta meta, long bytes, int checksum) throws IOException {
        String to = path(groupId, meta.index());
        disk.rename(from, to);
        disk.forceDirectory(folder(groupId));
        StoredSnapshot stored = new StoredSnapshot(disk, to, groupId, meta, bytes, checksum);
        known.merge(groupId, stored, (a, b) -> b.meta().index() >= a.meta().index() ? b : a);
        return stored;
    }

    /** Deletes all but the snapshot at {@code index} and newer ones, and what was being received before it. */
    public void retainOnly(long groupId, long index) throws IOException {
        if (!disk.exists(path(groupId, index))) {
            throw new IllegalArgumentException("there is no snapshot " + path(groupId, index) + " to retain");
        }
        boolean changed = deleteAll(groupId, COMPLETE, other -> other < index);
        changed |= deleteAll(groupId, RECEIVING, other -> other <= index);
        if (changed) {
            disk.forceDirectory(folder(groupId));
        }
    }

    /** Deletes all of the group, durably. */
    public void dropGroup(long groupId) throws IOException {
        known.remove(groupId);
        boolean changed = false;
        for (String suffix : List.of(COMPLETE, RECEIVING, WRITING)) {
            changed |= deleteAll(groupId, suffix, index -> true);
        }
        if (changed) {
            disk.forceDirectory(folder(groupId));
        }
    }

    /**
     * Begins to receive a snapshot, or continues with one of the same meta data, length and checksum. What was received of
     * any other is deleted.
     *
     * @param totalBytes the length of the file as the sender has it
     * @param checksum of that file
     */
    public IncomingSnapshot receive(long groupId, SnapshotMeta meta, long totalBytes, int checksum) throws IOException {
        disk.createDirectory(folder(groupId));
        String name = digits(meta.index()) + "-" + Long.toHexString(meta.term()) + "-" + Long.toHexString(totalBytes)
                + "-" + Integer.toHexString(checksum) + RECEIVING;
        for (String other : disk.list(folder(groupId))) {
            if (other.endsWith(RECEIVING) && !other.equals(name)) {
                disk.delete(path(groupId, other));
            }
        }
        String path = path(groupId, name);
        DiskFile file = disk.exists(path) ? disk.open(path) : disk.create(path);
        try {
            disk.forceDirectory(folder(groupId));
            return new IncomingSnapshot(this, path, file, groupId, meta, totalBytes, checksum);
        } catch (IOException | RuntimeException e) {
            file.close();
            throw e;
        }
    }

    /** What lies at {@code path} and was found sound, under whatever name. */
    StoredSnapshot at(String path, long groupId, SnapshotMeta meta, long bytes, int checksum) {
        return new StoredSnapshot(disk, path, groupId, meta, bytes, checksum);
    }

    void remove(String path) throws IOException {
        disk.delete(path);
    }

    private boolean deleteAll(long groupId, String suffix, LongPredicate goes) throws IOException {
        boolean changed = false;
        for (String name : disk.list(folder(groupId))) {
            if (name.endsWith(suffix) && isIndexed(name) && goes.test(indexOf(name))) {
                disk.delete(path(groupId, name));
                changed = true;
            }
        }
        return changed;
    }

    /** The indexes of the complete snapshots, newest first: as numbers, whatever their names look like. */
    private List<Long> complete(long groupId) throws IOException {
        List<Long> indexes = new ArrayList<>();
        for (String name : disk.list(folder(groupId))) {
            if (name.endsWith(COMPLETE) && isIndexed(name)) {
                indexes.add(indexOf(name));
            }
        }
        indexes.sort(Comparator.reverseOrder());
        return indexes;
    }

    private static boolean isIndexed(String name) {
        return name.matches("[0-7][0-9a-f]{15}[-.].*");
    }

    private static long indexOf(String name) {
        return Long.parseLong(name.substring(0, 16), 16);
    }

    private static String digits(long number) {
        return String.format("%016x", number);
    }

    private String folder(long groupId) {
        return directory.isEmpty() ? digits(groupId) : directory + "/" + digits(groupId);
    }

    private String path(long groupId, String name) {
        return folder(groupId) + "/" + name;
    }

    private String path(long groupId, long index) {
        return path(groupId, digits(index) + COMPLETE);
    }
}
