package io.raftkv.raft.session;

import io.raftkv.raft.Bytes;
import io.raftkv.raft.ResultCodec;
import io.raftkv.raft.StateMachine;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import org.jspecify.annotations.Nullable;

/**
 * Wraps a state machine so that commands which come in a session are executed exactly once (Raft §6.3). It takes the commands
 * of {@link SessionCommand} and answers them with {@link SessionReply}; a plain command is handed through, and its result is
 * handed back as it is.
 *
 * <p>A session remembers the results of its commands until the client acknowledges them, within {@link SessionLimits}. Its
 * commands may come in any order and any number of times; each is executed at most once, and which of two copies it is that
 * counts is decided by the log, so all replicas agree. Sessions are in the snapshots, before the state of the wrapped machine.
 *
 * <p>Sessions end by {@link SessionCommand#close} or, when idle for long, by {@link SessionExpiry}, which every server of the
 * group must run. Bytes that are no command are refused, by the same answer on all replicas.
 *
 * <p>Threads: as {@link StateMachine}.
 */
public final class SessionMachine implements StateMachine {
    private final StateMachine inner;
    private final ResultCodec results;
    private SessionTable table = new SessionTable(SessionLimits.DEFAULT, 0);
    /** The log time of the last command, as far as known: for the guess of {@link SessionExpiry}, no part of the state. */
    private long lastTimeMs;

    public SessionMachine(StateMachine inner, ResultCodec results) {
        this.inner = inner;
        this.results = results;
    }

    /** How many sessions there are. Threads: any, for a number that need not be exact. */
    public int sessions() {
        return table.size();
    }

    /** What the unacknowledged results of all sessions take in memory, roughly. Threads: as {@link #sessions}. */
    public long resultBytes() {
        return table.totalBytes();
    }

    /** The log time at which the session was used that is idle for longest, or the highest number there is. */
    long oldestTimeMs() {
        return table.oldestTimeMs();
    }

    long lastTimeMs() {
        return lastTimeMs;
    }

    @Override
    public @Nullable Object apply(long index, long timeMs, Bytes command) {
        lastTimeMs = timeMs;
        int kind = SessionCommand.kindOf(command);
        return switch (kind) {
            case SessionCommand.PLAIN -> inner.apply(index, timeMs, SessionCommand.payload(kind, command));
            case SessionCommand.REGISTER -> register(index, timeMs, command);
            case SessionCommand.COMMAND -> command(index, timeMs, command);
            case SessionCommand.CLOSE -> close(command);
            case SessionCommand.EXPIRE -> expire(timeMs, command);
            case SessionCommand.MALFORMED -> SessionReply.MALFORMED;
            default -> throw new IllegalStateException("kind " + kind + " has no meaning");
        };
    }

    private SessionReply register(long index, long timeMs, Bytes command) {
        long id = table.register(index, timeMs, SessionCommand.label(command), SessionCommand.limits(command));
        return id == 0 ? SessionReply.TOO_MANY_SESSIONS : new SessionReply(SessionReply.Status.REGISTERED, id, null);
    }

    private SessionReply command(long index, long timeMs, Bytes command) {
        SessionRecord session = table.use(SessionCommand.session(command), timeMs);
        if (session == null) {
            return SessionReply.NO_SESSION;
        }
        table.acknowledge(session, SessionCommand.ackedBelow(command));
        long sequence = SessionCommand.sequence(command);
        if (sequence < session.ackedBelow) {
            return SessionReply.ALREADY_ACKED;
        }
        Bytes known = session.result(sequence);
        if (known != null) {
            return new SessionReply(SessionReply.Status.REPEATED, 0, decode(known));
        }
        SessionReply refusal = refusal(session, sequence);
        if (refusal != null) {
            return refusal;
        }
        Object result = inner.apply(index, timeMs, SessionCommand.payload(SessionCommand.COMMAND, command));
        table.store(session, sequence, encode(result));
        return new SessionReply(SessionReply.Status.EXECUTED, 0, result);
    }

    private @Nullable SessionReply refusal(SessionRecord session, long sequence) {
        SessionLimits limits = table.limits();
        if (table.totalBytes() >= limits.maxTotalBytes()) {
            return SessionReply.GROUP_FULL;
        }
        // The first unacknowledged one is never refused: without its answer the client could acknowledge nothing more.
        boolean first = sequence == session.ackedBelow;
        return !first
                        && (sequence - session.ackedBelow >= limits.maxResults()
                                || session.resultBytes() >= limits.maxResultBytes())
                ? SessionReply.WINDOW_FULL
                : null;
    }

    /** A result may be a part of something larger, which must not be kept with it. */
    private Bytes encode(@Nullable Object result) {
        return result == null
                ? SessionRecord.NULL_RESULT
                : results.encode(result).compact();
    }

    @SuppressWarnings("ReferenceEquality")
    private @Nullable Object decode(Bytes known) {
        return known == SessionRecord.NULL_RESULT ? null : results.decode(known);
    }

    private SessionReply close(Bytes command) {
        table.remove(SessionCommand.session(command));
        return SessionReply.CLOSED;
    }

    private SessionReply expire(long timeMs, Bytes command) {
        int expired = table.expire(SessionCommand.ttlMs(command), timeMs, SessionCommand.most(command));
        return new SessionReply(SessionReply.Status.SESSIONS_EXPIRED, 0, expired);
    }

    @Override
    public FrozenState freeze() {
        return new Frozen(table, new SessionSnapshot(table), inner.freeze());
    }

    private record Frozen(SessionTable table, SessionSnapshot sessions, FrozenState state) implements FrozenState {
        @Override
        public void writeTo(OutputStream out) throws IOException {
            sessions.writeTo(out);
            state.writeTo(out);
        }

        @Override
        public void close() {
            // Of the table that was frozen, which a received snapshot may have replaced meanwhile.
            table.thaw();
            state.close();
        }
    }

    @Override
    public Runnable load(InputStream in) throws IOException {
        SessionTable loaded = SessionSnapshot.read(in);
        Runnable swap = inner.load(in);
        return () -> {
            table = loaded;
            lastTimeMs = loaded.newestTimeMs();
            swap.run();
        };
    }
}
