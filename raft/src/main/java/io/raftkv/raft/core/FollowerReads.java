package io.raftkv.raft.core;

import io.raftkv.raft.ReplicaId;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Reads that a replica serves which does not lead (Raft §6.4): it asks the leader for an index, and serves the read when it
 * has committed so far itself.
 *
 * <p>An index is good whoever gave it, as that one was confirmed by a majority after the question was asked; so nothing here
 * depends on terms. It is bad only for a question that was asked later: the ids of questions are never used again, and the
 * random number of this life keeps an answer to an earlier life from being taken for one to this.
 *
 * <p>Whoever waits is told within an election time-out. Threads: the group's loop.
 */
final class FollowerReads {
    /** Questions under way; reads of one turn are one question. */
    private static final int MAX_PENDING = 1024;

    private static final class Question {
        final long token;
        final long deadline;
        long index = -1;

        Question(long token, long deadline) {
            this.token = token;
            this.deadline = deadline;
        }
    }

    private final RaftCore core;
    private final long life;
    /** By id, which is also the order of their deadlines. */
    private final SortedMap<Long, Question> questions = new TreeMap<>();

    private long lastId;
    private int answered;

    FollowerReads(RaftCore core) {
        this.core = core;
        this.life = core.random.nextLong();
    }

    long life() {
        return life;
    }

    void read(long token) {
        ReplicaId leader = core.leader;
        if (leader == null) {
            fail(token, Effect.ReadFailed.Cause.NOT_LEADER);
        } else if (questions.size() >= MAX_PENDING) {
            fail(token, Effect.ReadFailed.Cause.TOO_MANY);
        } else {
            long id = ++lastId;
            questions.put(id, new Question(token, core.now + core.nanos(core.options.electionMinMs())));
            core.send(leader, new Message.ReadIndex(core.term(), life, id));
        }
    }

    private void fail(long token, Effect.ReadFailed.Cause reason) {
        core.emit(new Effect.ReadFailed(token, reason, core.leader));
    }

    void onResponse(Message.ReadIndexResponse message) {
        Question question = message.life() == life ? questions.get(message.id()) : null;
        if (question == null || question.index >= 0) {
            // Given up, or repeated on its way, or asked in an earlier life.
            return;
        }
        if (message.index() < 0) {
            questions.remove(message.id());
            fail(question.token, Effect.ReadFailed.Cause.NOT_LEADER);
            return;
        }
        question.index = message.index();
        answered++;
    }

    /** Hands out what is committed here by now. */
    void release() {
        if (answered == 0) {
            return;
        }
        questions.values().removeIf(question -> {
            boolean ready = question.index >= 0 && question.index <= core.commitIndex;
            if (ready) {
                answered--;
                core.emit(new Effect.ReadReady(question.token, question.index));
            }
            return ready;
        });
    }

    long deadline() {
        return questions.isEmpty()
                ? Long.MAX_VALUE
                : questions.values().iterator().next().deadline;
    }

    void tick() {
        while (core.now >= deadline()) {
            Iterator<Question> oldest = questions.values().iterator();
            Question late = oldest.next();
            oldest.remove();
            answered -= late.index >= 0 ? 1 : 0;
            fail(late.token, Effect.ReadFailed.Cause.NO_ANSWER);
        }
    }

    /** A leader that lets its group sleep knows of no question, and nothing is left to wait for. */
    void leaderSleeps() {
        release();
        giveUp(Effect.ReadFailed.Cause.NO_ANSWER);
    }

    /** Another leader, or none: whoever was asked may never answer. */
    void leaderChanged() {
        giveUp(Effect.ReadFailed.Cause.NOT_LEADER);
    }

    private void giveUp(Effect.ReadFailed.Cause why) {
        List<Question> lost = new ArrayList<>(questions.values());
        questions.clear();
        answered = 0;
        lost.forEach(question -> fail(question.token, why));
    }
}
