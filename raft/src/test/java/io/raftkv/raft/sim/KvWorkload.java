package io.raftkv.raft.sim;

import io.raftkv.raft.Bytes;
import io.raftkv.raft.sim.KvCommand.Kind;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** All that {@link SimKv} can do, on a few hot keys. */
final class KvWorkload implements Workload<SimKv, KvCommand>, Model<KvCommand> {
    /** Keys are given up after a while: histories stay short enough for the checker, and the state grows. */
    private static final long KEY_LIFE_MS = 15_000;

    private static final int HOT_KEYS = 3;

    @Override
    public SimKv machine() {
        return new SimKv();
    }

    @Override
    public KvCommand next(Client client) {
        String key = key(client, client.random().nextInt(HOT_KEYS));
        int dice = client.random().nextInt(100);
        if (dice < 40) {
            return new KvCommand(Kind.GET, key, null, null);
        }
        if (dice < 43) {
            return new KvCommand(Kind.DELETE, key, null, null);
        }
        if (dice < 60) {
            return new KvCommand(Kind.PUT, key, value(client), null);
        }
        if (dice < 70) {
            return new KvCommand(Kind.CAS, key, value(client), (String) client.lastResult());
        }
        return new KvCommand(Kind.APPEND, key, value(client), null);
    }

    @Override
    public KvCommand nextRead(Client client) {
        return new KvCommand(Kind.GET, key(client, client.random().nextInt(HOT_KEYS)), null, null);
    }

    /** A write, and then what every key holds. */
    @Override
    public KvCommand last(Client client, int number) {
        if (number == 0) {
            return new KvCommand(Kind.APPEND, key(client, 0), "last" + value(client), null);
        }
        return number > HOT_KEYS ? null : new KvCommand(Kind.GET, key(client, number - 1), null, null);
    }

    /** Some key that is in use now, by number. */
    private static String key(Client client, int number) {
        return "g" + client.group() + "k" + number + "t" + client.elapsedMs() / KEY_LIFE_MS;
    }

    private static String value(Client client) {
        return "c" + client.id() + "w" + client.nextNumber();
    }

    @Override
    public Bytes command(KvCommand input) {
        return input.kind() == Kind.GET ? null : input.encode();
    }

    @Override
    public Object query(SimKv machine, KvCommand input) {
        return machine.get(input.key());
    }

    @Override
    public Object result(Object applied) {
        return ((SimKv.Result) applied).before();
    }

    @Override
    public long hash(SimKv machine) {
        return machine.hash();
    }

    @Override
    public Model<KvCommand> model() {
        return this;
    }

    @Override
    public Step step(Object state, KvCommand input) {
        return new Step(input.applyTo((String) state), state);
    }

    @Override
    public String key(KvCommand input) {
        return input.key();
    }

    /**
     * As every result shows the whole state of its key, a write of unknown outcome whose value no result and no CAS names was
     * overwritten by others of its kind, or came last, or never.
     */
    @Override
    public List<Operation<KvCommand>> relevant(List<Operation<KvCommand>> ofOneKey) {
        Set<String> seen = new HashSet<>();
        for (Operation<KvCommand> operation : ofOneKey) {
            if (operation.isKnown() && operation.result() != null) {
                seen.addAll(List.of(((String) operation.result()).split(",")));
            }
            if (operation.input().expected() != null) {
                seen.addAll(List.of(operation.input().expected().split(",")));
            }
        }
        List<Operation<KvCommand>> relevant = new ArrayList<>();
        for (Operation<KvCommand> operation : ofOneKey) {
            boolean visible = operation.input().kind() == Kind.DELETE
                    || seen.contains(operation.input().value());
            if (operation.isKnown() || visible) {
                relevant.add(operation);
            }
        }
        return relevant;
    }
}
