package io.raftkv.raft.log;

/**
 * What a {@link SharedLog} has done since it was opened.
 *
 * @param forces how often it waited for the disk
 * @param records append calls made durable
 * @param entries entries made durable
 * @param bytesWritten bytes written, zeros written ahead not counted
 * @param segments files at present
 * @param movedBytes bytes of entries copied out of old files
 */
public record LogStats(long forces, long records, long entries, long bytesWritten, int segments, long movedBytes) {}
