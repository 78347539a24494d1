package io.raftkv.coordinator.front;

import io.raftkv.coordinator.state.Command;
import io.raftkv.coordinator.state.CommandCodec;
import io.raftkv.coordinator.state.CommandCodec.Request;
import io.raftkv.coordinator.state.CommandCodec.RequestId;
import io.raftkv.coordinator.state.CoordinatorState;
import io.raftkv.coordinator.state.Query;
import io.raftkv.coordinator.state.RandomCommands;
import io.raftkv.raft.Bytes;
import io.raftkv.raft.sim.Client;
import io.raftkv.raft.sim.Embedder;
import io.raftkv.raft.sim.Model;
import io.raftkv.raft.sim.Operation;
import io.raftkv.raft.sim.Workload;
import io.raftkv.resp.RespValue;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;

/**
 * What clients ask of the coordinator: commands of all kinds, of which nothing is expected but that all replicas do the same,
 * and some of which the answers are judged. These are about sessions that nobody ends, and slots and epochs of a service that
 * nobody else touches.
 */
final class CoordinatorWorkload implements Workload<CoordinatorState, CoordinatorWorkload.Ask> {
    private static final int SHARDS = 12;
    private static final String KEPT = "kept";
    private static final int SLOTS = 4;
    /** The longest that there is, and longer than a run. */
    private static final int LONG_MS = 600_000;

    /**
     * @param about what is judged, see {@link Model#key}; empty if it is not
     * @param request null if this is a query
     * @param query null if this is a request
     */
    record Ask(String about, Request request, Query query) {}

    /** What a client has done and knows. */
    private static final class Memory {
        private Ask last;
        private Object lastResult;
        /** A session that stays, or 0. */
        private long kept;
        /** Sessions that may be used for anything, and ended. */
        private final List<Long> loose = new ArrayList<>();
    }

    private final Map<Integer, Memory> memories = new HashMap<>();
    private final SimOperators operators;

    CoordinatorWorkload(SimOperators.Counts counts) {
        operators = new SimOperators(SHARDS, counts);
    }

    @Override
    public CoordinatorState machine() {
        return new CoordinatorState(SHARDS, operators.founders(), CoordinatorState.Observer.NONE);
    }

    @Override
    public Embedder<CoordinatorState> embedder() {
        return operators;
    }

    @Override
    public Ask next(Client client) {
        Memory memory = remember(client);
        Ask ask = choose(client, memory);
        memory.last = ask;
        return ask;
    }

    /** Which sessions there are is known by answers, and an answer of the last request is another object than before. */
    private Memory remember(Client client) {
        Memory memory = memories.computeIfAbsent(client.id(), id -> new Memory());
        Object result = client.lastResult();
        boolean isNew = result != memory.lastResult;
        memory.lastResult = result;
        if (isNew
                && memory.last != null
                && memory.last.request() != null
                && memory.last.request().command() instanceof Command.OpenSession opened
                && !((RespValue) result).isError()) {
            long session = ((RespValue) result).asList().get(0).asLong();
            if (opened.service().equals(KEPT)) {
                memory.kept = session;
            } else {
                memory.loose.add(session);
            }
        }
        return memory;
    }

    private static Ask choose(Client client, Memory memory) {
        RandomGenerator random = client.random();
        int slot = random.nextInt(SLOTS);
        return switch (random.nextInt(12)) {
            case 0 -> new Ask("", null, new Query.MapAt(-1));
            case 1 -> new Ask("slot " + slot, null, new Query.Slots(KEPT));
            case 2, 3 -> request(client, "slot " + slot, setSlot(slot, client.id() + "." + client.nextNumber()));
            case 4 -> memory.kept == 0 ? keep(client) : claim(client, memory, 1 + (int) client.elapsedMs() / 100);
            case 5 -> memory.kept == 0 ? keep(client) : isThere(memory);
            case 6 -> memory.last != null && memory.last.about().isEmpty() ? memory.last : any(client, memory);
            default -> any(client, memory);
        };
    }

    private static Ask request(Client client, String about, Command command) {
        return new Ask(about, new Request(new RequestId(client.id(), client.nextNumber()), command), null);
    }

    private static Command setSlot(int slot, String text) {
        return new Command.SetSlot(KEPT, slot, Bytes.utf8(text), null, null, false);
    }

    private static Ask keep(Client client) {
        return request(client, "", new Command.OpenSession(KEPT, LONG_MS));
    }

    private static Ask claim(Client client, Memory memory, int epoch) {
        return request(client, "epoch", new Command.Elect(memory.kept, epoch));
    }

    private static Ask isThere(Memory memory) {
        return new Ask("session " + memory.kept, null, new Query.Ended(List.of(memory.kept)));
    }

    /** The nodes are the business of the operators; sessions that are judged are left alone. */
    private static Ask any(Client client, Memory memory) {
        while (true) {
            Command command = RandomCommands.next(client.random(), SHARDS);
            boolean isOfNodes = command instanceof Command.ChangeNodes
                    || command instanceof Command.SettleNodes
                    || command instanceof Command.MoveNode
                    || command instanceof Command.RecoverNodes;
            if (!isOfNodes) {
                return request(client, "", loosely(client, memory, command));
            }
        }
    }

    private static Command loosely(Client client, Memory memory, Command command) {
        long session = memory.loose.isEmpty()
                ? Long.MAX_VALUE
                : memory.loose.get(client.random().nextInt(memory.loose.size()));
        if (command instanceof Command.CloseSession) {
            return new Command.CloseSession(session);
        } else if (command instanceof Command.ExpireSessions) {
            return new Command.ExpireSessions(List.of(session));
        } else if (command instanceof Command.Elect elect) {
            return new Command.Elect(session, elect.epoch());
        }
        return command;
    }

    @Override
    public Bytes command(Ask ask) {
        return ask.request() == null ? null : CommandCodec.encode(ask.request());
    }

    @Override
    public Object query(CoordinatorState state, Ask ask) {
        RespValue answer = ask.query().answer(state);
        if (ask.query() instanceof Query.Slots) {
            int slot = slotOf(ask.about());
            return answer.asList().size() > slot ? answer.asList().get(slot) : RespValue.nil();
        }
        return answer;
    }

    private static int slotOf(String about) {
        return Integer.parseInt(about.substring(about.indexOf(' ') + 1));
    }

    /** In the end everybody looks once more at all that is judged. */
    @Override
    public Ask last(Client client, int number) {
        Memory memory = remember(client);
        memory.last = null;
        if (number < SLOTS) {
            return new Ask("slot " + number, null, new Query.Slots(KEPT));
        } else if (number < SLOTS + 2 && memory.kept != 0) {
            return number == SLOTS ? isThere(memory) : claim(client, memory, 0);
        }
        return null;
    }

    @Override
    public Model<Ask> model() {
        return new Kept();
    }

    @Override
    public int hashEvery() {
        return 32;
    }

    /** Slots are registers; epochs only rise; a session that nobody ends is there. */
    private static final class Kept implements Model<Ask> {
        @Override
        public String key(Ask ask) {
            return ask.about();
        }

        @Override
        public List<Operation<Ask>> relevant(List<Operation<Ask>> ofOneKey) {
            return ofOneKey.get(0).input().about().isEmpty() ? List.of() : ofOneKey;
        }

        @Override
        public Step step(Object state, Ask ask) {
            if (ask.query() instanceof Query.Ended) {
                return new Step(state, RespValue.array(List.of()));
            } else if (ask.query() != null) {
                return new Step(state, state == null ? RespValue.nil() : state);
            } else if (ask.request().command() instanceof Command.SetSlot write) {
                return new Step(RespValue.bulk(write.text().toArray()), RespValue.ok());
            }
            return claim(state, (Command.Elect) ask.request().command());
        }

        /** The state is what the last one was told, as if it had lost. */
        private static Step claim(Object state, Command.Elect claim) {
            RespValue before = state == null ? inForce(0, 0, 0) : (RespValue) state;
            if (claim.epoch() <= before.asList().get(1).asLong()) {
                return new Step(before, before);
            }
            return new Step(inForce(0, claim.epoch(), claim.session()), inForce(1, claim.epoch(), claim.session()));
        }

        private static RespValue inForce(int won, long epoch, long leader) {
            return RespValue.array(RespValue.integer(won), RespValue.integer(epoch), RespValue.integer(leader));
        }
    }
}
