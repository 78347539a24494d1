package io.raftkv.raft.sim.example;

import io.raftkv.raft.Bytes;
import io.raftkv.raft.sim.Client;
import io.raftkv.raft.sim.Workload;
import io.raftkv.raft.sim.example.TaskQueue.Mistake;

/** Clients put tasks, take tasks and ask how many there are. */
final class TaskQueueWorkload implements Workload<TaskQueue, TaskQueueWorkload.Ask> {
    /** @param task what to put; null for the others */
    record Ask(Kind kind, String task) {
        enum Kind {
            PUT,
            TAKE,
            SIZE
        }
    }

    private final Mistake mistake;

    TaskQueueWorkload(Mistake mistake) {
        this.mistake = mistake;
    }

    @Override
    public TaskQueue machine() {
        return new TaskQueue(mistake);
    }

    @Override
    public Ask next(Client client) {
        return switch (client.random().nextInt(5)) {
            case 0, 1 -> new Ask(Ask.Kind.PUT, "task " + client.nextNumber() + " of " + client.id());
            case 2, 3 -> new Ask(Ask.Kind.TAKE, null);
            default -> new Ask(Ask.Kind.SIZE, null);
        };
    }

    @Override
    public Bytes command(Ask ask) {
        return switch (ask.kind()) {
            case PUT -> TaskQueue.put(ask.task());
            case TAKE -> TaskQueue.take();
            case SIZE -> null;
        };
    }

    @Override
    public Object query(TaskQueue queue, Ask ask) {
        return queue.size();
    }
}
