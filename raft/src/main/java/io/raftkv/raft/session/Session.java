package io.raftkv.raft.session;

import io.raftkv.raft.Bytes;
import io.raftkv.raft.Completion;
import io.raftkv.raft.EventLoop;
import io.raftkv.raft.RaftException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * A client's session with one group: each command it runs is executed at most once, and exactly once if it succeeds, over
 * changes of leader, lost answers and crashes. Several commands may be under way, up to {@link SessionOptions#window}; the
 * group may execute them in any order.
 *
 * <p>A command is sent again, under its number, until it is answered or its time is over. It ends in one of these ways:
 *
 * <ul>
 *   <li>with its result: it was executed once;
 *   <li>{@link RaftException.NotLeader}, {@link RaftException.Busy}, {@link RaftException.Stopped}: it was not executed, and
 *       never will be;
 *   <li>{@link RaftException.SessionExpired}: likewise, and the session is gone: open another one, and run it there;
 *   <li>{@link RaftException.OutcomeUnknown}: it may have been executed once, or may yet be. This is also how it ends if it had
 *       to be sent again and the session was gone by then. It must not be run in another session unless it may be done twice.
 * </ul>
 *
 * <p>Threads: any; it works on the loop it was given.
 */
public final class Session {
    private final SessionLink link;
    private final EventLoop loop;
    private final SessionOptions options;
    private final long id;

    /** Commands from {@link #ackedBelow} on, answered or not; the first one is not. */
    private final ArrayDeque<Command> commands = new ArrayDeque<>();

    private long nextSequence = 1;
    private @Nullable RaftException ended;

    private Session(SessionLink link, EventLoop loop, SessionOptions options, long id) {
        this.link = link;
        this.loop = loop;
        this.options = options;
        this.id = id;
    }

    /**
     * Registers a session. If the outcome of a try is unknown it is tried again; a session that nobody uses expires.
     *
     * @param loop where the session works from now on
     * @param label for people who look at the sessions of the group; at most {@link SessionCommand#MAX_LABEL_BYTES}
     * @return fails with a {@link RaftException}: Busy if the group has too many sessions
     */
    public static CompletionStage<Session> open(
            SessionLink link, EventLoop loop, SessionOptions options, String label) {
        CompletableFuture<Session> opened = new CompletableFuture<>();
        onLoop(loop, () -> new Registration(link, loop, options, label, opened).start());
        return opened;
    }

    /** The id that the group gave to this session. */
    public long id() {
        return id;
    }

    /** As {@link #run(Bytes, Completion)}; the stage fails with a {@link RaftException}. */
    public CompletionStage<@Nullable Object> run(Bytes command) {
        CompletableFuture<@Nullable Object> result = new CompletableFuture<>();
        run(command, new Completion() {
            @Override
            public void succeeded(@Nullable Object value) {
                result.complete(value);
            }

            @Override
            public void failed(RaftException failure) {
                result.completeExceptionally(failure);
            }
        });
        return result;
    }

    /**
     * Runs a command of the wrapped state machine exactly once.
     *
     * @param completion told its result, or how it failed; exactly one call, on the loop of this session
     */
    public void run(Bytes command, Completion completion) {
        if (command.length() > options.maxCommandBytes()) {
            throw new IllegalArgumentException("a command of " + command.length()
                    + " bytes is larger than the limit of " + options.maxCommandBytes());
        }
        onLoop(loop, () -> begin(command, completion));
    }

    private void begin(Bytes payload, Completion completion) {
        if (ended != null) {
            completion.failed(ended);
        } else if (nextSequence - ackedBelow() >= options.window()) {
            completion.failed(new RaftException.Busy("too many commands of this session are under way", 10));
        } else {
            Command command = new Command(nextSequence++, payload, completion);
            commands.add(command);
            command.start();
        }
    }

    /** Everything below is answered or given up. */
    private long ackedBelow() {
        Command first = commands.peek();
        return first == null ? nextSequence : first.sequence;
    }

    private void forgetEnded() {
        Command first;
        while ((first = commands.peek()) != null && first.isEnded()) {
            commands.remove();
        }
    }

    /**
     * Ends the session. Commands under way end at once, with {@link RaftException.OutcomeUnknown} if they may have been
     * executed. Nothing can be run any more.
     *
     * @return completed when the group forgot the session, or was asked to in vain: then it expires
     */
    public CompletionStage<@Nullable Void> close() {
        CompletableFuture<@Nullable Void> closed = new CompletableFuture<>();
        onLoop(loop, () -> {
            end(new RaftException.Stopped("the session is closed"));
            new Closing(closed).start();
        });
        return closed;
    }

    /** No command can be run any more; those under way end. */
    private void end(RaftException why) {
        if (ended == null) {
            ended = why;
            for (Command command : new ArrayList<>(commands)) {
                command.giveUp(command.mayBeDone() ? unknown(String.valueOf(why.getMessage())) : why);
            }
        }
    }

    private static RaftException unknown(String why) {
        return new RaftException.OutcomeUnknown(why);
    }

    private static void onLoop(EventLoop loop, Runnable task) {
        if (loop.inLoop()) {
            task.run();
        } else {
            loop.execute(task);
        }
    }

    private static final class Registration extends SessionCall {
        private final SessionLink link;
        private final EventLoop loop;
        private final SessionOptions options;
        private final String label;
        private final CompletableFuture<Session> opened;

        Registration(
                SessionLink link,
                EventLoop loop,
                SessionOptions options,
                String label,
                CompletableFuture<Session> opened) {
            super(loop, options.patienceMs(), label.hashCode());
            this.link = link;
            this.loop = loop;
            this.options = options;
            this.label = label;
            this.opened = opened;
        }

        @Override
        void send() {
            link.register(label, this);
        }

        @Override
        boolean isFinal(SessionReply reply) {
            return reply.status() == SessionReply.Status.REGISTERED;
        }

        @Override
        void answered(SessionReply reply) {
            opened.complete(new Session(link, loop, options, reply.session()));
        }

        @Override
        void gaveUp(RaftException failure) {
            opened.completeExceptionally(failure);
        }
    }

    private final class Command extends SessionCall {
        private final long sequence;
        private final Bytes payload;
        private final Completion completion;

        Command(long sequence, Bytes payload, Completion completion) {
            super(loop, options.patienceMs(), id * 31 + sequence);
            this.sequence = sequence;
            this.payload = payload;
            this.completion = completion;
        }

        /** Each try tells anew what is acknowledged: the first one under way is always executed if it says so. */
        @Override
        void send() {
            link.command(id, sequence, ackedBelow(), payload, this);
        }

        @Override
        boolean isFinal(SessionReply reply) {
            return reply.status() != SessionReply.Status.WINDOW_FULL
                    && reply.status() != SessionReply.Status.GROUP_FULL;
        }

        @Override
        void answered(SessionReply reply) {
            switch (reply.status()) {
                case EXECUTED, REPEATED -> {
                    forgetEnded();
                    completion.succeeded(reply.result());
                }
                case NO_SESSION -> {
                    RaftException expired = new RaftException.SessionExpired(
                            "session " + id + " was idle too long or was closed; open another one");
                    gaveUp(mayBeDone() ? unknown("it was sent again, and the session was gone") : expired);
                    end(expired);
                }
                default ->
                    // Not what a group answers to one that keeps to the rules: nobody knows what became of it.
                    gaveUp(unknown("the group answered " + reply.status()));
            }
        }

        @Override
        void gaveUp(RaftException failure) {
            forgetEnded();
            completion.failed(failure);
        }
    }

    private final class Closing extends SessionCall {
        private final CompletableFuture<@Nullable Void> closed;

        Closing(CompletableFuture<@Nullable Void> closed) {
            super(loop, options.patienceMs(), id);
            this.closed = closed;
        }

        @Override
        void send() {
            link.close(id, this);
        }

        @Override
        boolean isFinal(SessionReply reply) {
            return true;
        }

        @Override
        void answered(SessionReply reply) {
            closed.complete(null);
        }

        @Override
        void gaveUp(RaftException failure) {
            closed.complete(null);
        }
    }
}
