package io.raftkv.coordinator.front;

import io.raftkv.coordinator.state.Command;
import io.raftkv.coordinator.state.CommandCodec;
import io.raftkv.coordinator.state.CoordinatorState;
import io.raftkv.coordinator.state.Query;
import io.raftkv.coordinator.state.Refusal;
import io.raftkv.raft.Bytes;
import io.raftkv.raft.Completion;
import io.raftkv.raft.RaftException;
import io.raftkv.raft.RaftGroup;
import io.raftkv.resp.RespValue;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Carries out work on the node that leads.
 *
 * <p>Threads: the group's loop.
 */
final class LeaderDesk {
    private final RaftGroup group;
    private final CoordinatorState state;
    private final SessionWatch watch;
    private final RosterKeeper keeper;

    LeaderDesk(RaftGroup group, CoordinatorState state, SessionWatch watch, RosterKeeper keeper) {
        this.group = group;
        this.state = state;
        this.watch = watch;
        this.keeper = keeper;
    }

    /** Tries once; {@code done} is called exactly once, now or later. */
    void carryOut(Work work, Consumer<Outcome> done) {
        if (!keeper.mayServe()) {
            done.accept(Outcome.NOT_LEADING);
        } else if (work instanceof Work.Write write) {
            group.propose(write.command(), new Attempt(done, this::asValue));
        } else if (work instanceof Work.Read read) {
            group.read(new Attempt(done, nothing -> answer(read.query())));
        } else if (work instanceof Work.Change change) {
            // Behind a read barrier, so that a deposed leader refuses nothing by what it remembers.
            group.read(new Attempt(outcome -> change(change, outcome, done), nothing -> RespValue.ok()));
        } else if (work instanceof Work.Nodes) {
            group.read(new Attempt(done, nothing -> keeper.report()));
        }
    }

    private void change(Work.Change change, Outcome barrier, Consumer<Outcome> done) {
        if (!(barrier instanceof Outcome.Done passed) || passed.value().isError()) {
            done.accept(barrier);
            return;
        }
        try {
            Command.ChangeNodes command = keeper.plan(change.joins(), change.leaves());
            Bytes bytes = CommandCodec.encode(new CommandCodec.Request(change.id(), command));
            group.propose(bytes, new Attempt(done, this::asValue));
        } catch (Refusal refusal) {
            done.accept(new Outcome.Done(RespValue.error(refusal.text())));
        }
    }

    private RespValue asValue(@Nullable Object result) {
        if (result instanceof RespValue value) {
            return value;
        }
        throw new IllegalStateException("the state machine answered " + result);
    }

    private RespValue answer(Query query) {
        RespValue answer = query.answer(state);
        // Behind the read barrier this node is known to lead, so the sign of life counts.
        if (query instanceof Query.Ended heartbeats) {
            watch.heard(heartbeats.sessions());
        } else if (query instanceof Query.Resumable resumed) {
            watch.heard(java.util.List.of(resumed.session()));
        }
        return answer;
    }

    private record Attempt(Consumer<Outcome> done, java.util.function.Function<@Nullable Object, RespValue> toValue)
            implements Completion {
        @Override
        public void succeeded(@Nullable Object result) {
            done.accept(new Outcome.Done(toValue.apply(result)));
        }

        @Override
        public void failed(RaftException failure) {
            if (failure instanceof RaftException.Busy) {
                done.accept(new Outcome.Done(RespValue.error("BUSY " + failure.getMessage())));
            } else {
                done.accept(failure instanceof RaftException.OutcomeUnknown ? Outcome.UNKNOWN : Outcome.NOT_LEADING);
            }
        }
    }
}
