package io.raftkv.raft.server;

import io.raftkv.raft.log.Disk;
import io.raftkv.raft.log.Disk.DiskFile;
import io.raftkv.raft.log.LogException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Whose data folder it is: a file in it that names cluster and server, written before anything else and never changed. So
 * a server that is started with the folder of another one says so, instead of voting in its name.
 *
 * <p>Threads: immutable; {@link #claim} one at a time.
 */
record ServerIdentity(String clusterId, long serverId) {
    private static final String FILE = "identity";
    private static final String WRITING = "identity.tmp";
    private static final int MAX_BYTES = 4096;

    /** The cluster's id may be any text without line breaks, so it comes last. */
    private static final Pattern TEXT = Pattern.compile("raft 1\nserver ([0-9a-f]{16})\ncluster (.+)\n");

    /**
     * Takes the folder for a server, or finds that it is this server's already.
     *
     * @param serverId 0 for the one that is in the folder, or a random one if the folder is new
     * @throws LogException if the folder belongs to another server or cluster, or holds something else
     */
    static ServerIdentity claim(Disk disk, String clusterId, long serverId) throws IOException {
        Optional<ServerIdentity> found = read(disk);
        if (found.isPresent()) {
            return found.get().checked(disk, clusterId, serverId);
        }
        List<String> foreign = disk.list("").stream()
                .filter(name -> !name.equals(RaftServer.LOCK) && !name.equals(WRITING))
                .toList();
        if (!foreign.isEmpty()) {
            throw new LogException(
                    disk.toString(),
                    -1,
                    "the folder holds " + foreign.get(0) + " and no file " + FILE
                            + ", so it is no data folder of a server",
                    "give the server an empty folder or one of its own, or restore that file from a copy");
        }
        ServerIdentity fresh = new ServerIdentity(clusterId, serverId == 0 ? randomId() : serverId);
        fresh.write(disk);
        return fresh;
    }

    private ServerIdentity checked(Disk disk, String wantedCluster, long wantedServer) throws LogException {
        if (!clusterId.equals(wantedCluster)) {
            throw new LogException(
                    disk.toString(),
                    -1,
                    "the folder belongs to cluster \"" + clusterId + "\", not to \"" + wantedCluster + "\"",
                    "set that cluster id, or give the server a folder of its own");
        }
        if (wantedServer != 0 && wantedServer != serverId) {
            throw new LogException(
                    disk.toString(),
                    -1,
                    "the folder belongs to server " + serverId + ", not to server " + wantedServer,
                    "give each server a folder of its own");
        }
        return this;
    }

    private static Optional<ServerIdentity> read(Disk disk) throws IOException {
        if (!disk.exists(FILE)) {
            return Optional.empty();
        }
        ByteBuffer content = ByteBuffer.allocate(MAX_BYTES);
        try (DiskFile file = disk.open(FILE)) {
            file.read(content, 0);
        }
        Matcher text = TEXT.matcher(new String(content.array(), 0, content.position(), StandardCharsets.UTF_8));
        if (!text.matches()) {
            throw new LogException(
                    disk + "/" + FILE, -1, "the file does not name a server and a cluster", "restore it from a copy");
        }
        return Optional.of(new ServerIdentity(text.group(2), Long.parseUnsignedLong(text.group(1), 16)));
    }

    /** Under another name first, so that a stop in between leaves a folder that is still new. */
    private void write(Disk disk) throws IOException {
        disk.delete(WRITING);
        try (DiskFile file = disk.create(WRITING)) {
            String text = String.format("raft 1%nserver %016x%ncluster %s%n", serverId, clusterId)
                    .replace("\r\n", "\n");
            file.write(ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8)), 0);
            file.force();
        }
        disk.rename(WRITING, FILE);
        disk.forceDirectory("");
    }

    private static long randomId() {
        SecureRandom random = new SecureRandom();
        long id;
        do {
            id = random.nextLong();
        } while (id == 0);
        return id;
    }
}
