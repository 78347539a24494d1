package io.raftkv.kvserver.command;

import io.raftkv.kvserver.engine.Key;
import io.raftkv.kvserver.engine.MemoryEngine;
import io.raftkv.raft.Bytes;
import io.raftkv.resp.CommandSpec;
import io.raftkv.resp.RespValue;
import org.jspecify.annotations.Nullable;

/**
 * A command on keys of one hash slot: its row in the table, and either how it reads or how it is encoded for the log.
 */
public final class DataCommand {
    private final CommandSpec spec;
    private final @Nullable Read read;
    private final @Nullable Encode encode;

    private DataCommand(CommandSpec spec, @Nullable Read read, @Nullable Encode encode) {
        this.spec = spec;
        this.read = read;
        this.encode = encode;
    }

    static DataCommand reading(CommandSpec spec, Read read) {
        return new DataCommand(spec, read, null);
    }

    static DataCommand writing(CommandSpec spec, Encode encode) {
        return new DataCommand(spec, null, encode);
    }

    public CommandSpec spec() {
        return spec;
    }

    public boolean isWrite() {
        return encode != null;
    }

    /**
     * The keys among the arguments.
     *
     * @throws CommandException if they are of different hash slots, or one is too long
     */
    public Key[] keys(byte[][] args, Limits limits) throws CommandException {
        int last = spec.lastKey() < 0 ? args.length + spec.lastKey() : spec.lastKey();
        Key[] keys = new Key[(last - spec.firstKey()) / spec.keyStep() + 1];
        for (int i = 0, at = spec.firstKey(); i < keys.length; i++, at += spec.keyStep()) {
            limits.checkKey(args[at]);
            keys[i] = Key.of(args[at]);
            if (keys[i].hashSlot() != keys[0].hashSlot()) {
                throw new CommandException("CROSSSLOT Keys in request don't hash to the same slot");
            }
        }
        return keys;
    }

    /** Encodes a write, to be executed as often as it is proposed. Threads: any. */
    public Bytes encode(byte[][] args, Limits limits) throws CommandException {
        return encoder(args, limits).plain();
    }

    /** Encodes a write, to be executed once, see {@link io.raftkv.raft.session.SessionCommand#command}. Threads: any. */
    public Bytes encodeOnce(byte[][] args, Limits limits, long session, long sequence, long ackedBelow)
            throws CommandException {
        return encoder(args, limits).once(session, sequence, ackedBelow);
    }

    private WriteEncoder encoder(byte[][] args, Limits limits) throws CommandException {
        if (encode == null) {
            throw new IllegalStateException(spec.name() + " does not write");
        }
        limits.checkCommand(args);
        WriteEncoder encoder = encode.encode(args, limits);
        limits.checkEncoded(encoder.length());
        return encoder;
    }

    /** Answers a read. Threads: the loop of the engine. */
    public RespValue read(MemoryEngine engine, Key[] keys, byte[][] args) {
        if (read == null) {
            throw new IllegalStateException(spec.name() + " does not read");
        }
        try {
            return read.read(engine, keys, args);
        } catch (CommandException e) {
            return e.reply();
        }
    }

    /** How a command reads. */
    interface Read {
        RespValue read(MemoryEngine engine, Key[] keys, byte[][] args) throws CommandException;
    }

    /** How a write becomes the bytes that are proposed. */
    interface Encode {
        WriteEncoder encode(byte[][] args, Limits limits) throws CommandException;
    }
}
