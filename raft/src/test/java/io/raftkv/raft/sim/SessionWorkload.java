package io.raftkv.raft.sim;

import io.raftkv.raft.Bytes;
import io.raftkv.raft.session.SessionReply;

/** The small key-value store with sessions: beside the clients of {@link KvWorkload}, some work in sessions. */
final class SessionWorkload implements Workload<SimMachine, KvCommand> {
    /** What one more result takes that is executed just below a limit. */
    private static final long ONE_RESULT = 100;

    private final KvWorkload kv = new KvWorkload();

    @Override
    public SimMachine machine() {
        return new SimMachine();
    }

    @Override
    public KvCommand next(Client client) {
        return kv.next(client);
    }

    @Override
    public KvCommand nextRead(Client client) {
        return kv.nextRead(client);
    }

    @Override
    public KvCommand last(Client client, int number) {
        return kv.last(client, number);
    }

    @Override
    public Bytes command(KvCommand input) {
        return kv.command(input);
    }

    @Override
    public Object query(SimMachine machine, KvCommand input) {
        return kv.query(machine.kv(), input);
    }

    @Override
    public Object result(Object applied) {
        return applied instanceof SessionReply ? applied : kv.result(applied);
    }

    @Override
    public int hashEvery() {
        return 4;
    }

    /** Memory stays bounded, whatever the clients do. */
    @Override
    public void check(SimMachine machine) {
        if (machine.sessions().sessions() > SimSessions.LIMITS.maxSessions()
                || machine.sessions().resultBytes() > SimSessions.LIMITS.maxTotalBytes() + ONE_RESULT) {
            throw new SimFailure(machine.sessions().sessions() + " sessions keep "
                    + machine.sessions().resultBytes() + " bytes, the limits being " + SimSessions.LIMITS);
        }
    }

    @Override
    public Model<KvCommand> model() {
        return kv;
    }
}
