package io.raftkv.coordinator.state;

import io.raftkv.coordinator.wire.WireException;
import io.raftkv.raft.Bytes;
import io.raftkv.raft.StateMachine;
import io.raftkv.resp.RespValue;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The coordinator's replicated state machine. Results are {@link RespValue}s; what is refused gives an error value whose
 * first word is its code, and changes nothing.
 *
 * <p>Threads: the group's loop, but for what {@link StateMachine} says of background threads.
 */
public final class CoordinatorState implements StateMachine {
    private final int shards;
    private final Observer observer;
    private final Applier applier = new Applier();
    private StateData data;

    /** Told after a command or a snapshot changed what sessions should hear of. Threads: the group's loop. */
    public interface Observer {
        Observer NONE = service -> {};

        /** {@code service} has events that it had not before. */
        void eventsAdded(String service);

        /** The {@linkplain CoordinatorState#roster roster} is another one. */
        default void rosterChanged() {}
    }

    /**
     * @param shards how many shards there are, a constant of the cluster
     */
    public CoordinatorState(int shards, Observer observer) {
        this(shards, List.of(), observer);
    }

    /**
     * @param shards how many shards there are, a constant of the cluster
     * @param founders the first nodes of the coordinator, the same on all of them for ever
     */
    public CoordinatorState(int shards, Collection<Node> founders, Observer observer) {
        if (shards < 1 || shards > Limits.MAX_SHARDS) {
            throw new IllegalArgumentException("shards must be 1.." + Limits.MAX_SHARDS + ", not " + shards);
        }
        this.shards = shards;
        this.observer = observer;
        data = new StateData(ShardControl.initial(shards), Roster.of(founders));
    }

    @Override
    public RespValue apply(long index, long timeMs, Bytes bytes) {
        CommandCodec.Request request = CommandCodec.decode(bytes);
        data.requests.expire(timeMs);
        CommandCodec.RequestId id = request.id();
        RespValue known = id == null ? null : data.requests.answered(id);
        if (known != null) {
            return known;
        }
        RespValue result;
        try {
            result = request.command().dispatch(applier);
        } catch (Refusal refusal) {
            result = RespValue.error(refusal.text());
        }
        if (id != null) {
            data.requests.keep(id, timeMs, result);
        }
        applier.tellObserver();
        return result;
    }

    /** The open sessions, by id. */
    public Collection<Session> sessions() {
        return Collections.unmodifiableCollection(data.sessions.values());
    }

    public @Nullable Session session(long id) {
        return data.sessions.get(id);
    }

    /** Whether the session was open and is no more, as far as this replica knows. */
    public boolean hasEnded(long id) {
        return id < data.nextSession && !data.sessions.containsKey(id);
    }

    /** The coordinator's own nodes. Not to be kept: a snapshot that is loaded brings another one. */
    public Roster roster() {
        return data.roster;
    }

    /** How many shards there are. */
    public int shards() {
        return shards;
    }

    /** The events of {@code service} after {@code seq}, or null if some of them are no longer kept. */
    public @Nullable List<Event> eventsAfter(String service, long seq) {
        Service found = data.services.get(service);
        if (found == null) {
            return List.of();
        }
        return found.events().reachesBackTo(seq) ? found.events().after(seq) : null;
    }

    RespValue slots(String service) {
        Service found = data.services.get(service);
        return found == null ? RespValue.array() : found.slots();
    }

    RespValue alive(String service) {
        return RespValue.array(members(service, session -> RespValue.bulk(address(session))));
    }

    RespValue members(String service) {
        return RespValue.array(members(service, session -> memberRow(service, session)));
    }

    private List<RespValue> members(String service, java.util.function.Function<Session, RespValue> row) {
        return data.sessions.values().stream()
                .filter(session -> session.member() != null && session.service().equals(service))
                .sorted(Comparator.comparingInt(CoordinatorState::index).thenComparingLong(Session::id))
                .map(row)
                .toList();
    }

    private RespValue memberRow(String service, Session session) {
        Service found = data.services.get(service);
        boolean leads = found != null && found.isLedBy(session.id());
        return RespValue.array(
                RespValue.integer(session.id()),
                RespValue.integer(index(session)),
                RespValue.bulk(address(session)),
                RespValue.integer(leads ? 1 : 0),
                RespValue.integer(found == null ? 0 : found.epoch()));
    }

    private static int index(Session session) {
        Session.Member member = session.member();
        return member == null ? -1 : member.index();
    }

    private static byte[] address(Session session) {
        Session.Member member = session.member();
        return member == null ? new byte[0] : member.address().toArray();
    }

    RespValue map(long version) {
        return orError(() -> data.shards.query(version).toReply());
    }

    RespValue servers() {
        return data.shards.serversReply();
    }

    RespValue placements() {
        return data.shards.placementsReply();
    }

    RespValue genesis(@Nullable Integer shard) {
        return orError(() -> shard == null ? data.shards.genesisReply() : data.shards.genesisReply(shard));
    }

    RespValue resumable(String service, long id, long lastSeenSeq) {
        Session session = data.sessions.get(id);
        if (session == null || !session.service().equals(service)) {
            return RespValue.error(Refusal.sessionExpired(id).text());
        }
        if (eventsAfter(service, lastSeenSeq) == null) {
            return RespValue.error("SESSIONEXPIRED events after " + lastSeenSeq
                    + " are no longer kept, so some would be missed; open a new session");
        }
        return RespValue.ok();
    }

    private static RespValue orError(java.util.function.Supplier<RespValue> answer) {
        try {
            return answer.get();
        } catch (Refusal refusal) {
            return RespValue.error(refusal.text());
        }
    }

    /** Copies what can change. The whole state is small: slots and sessions by the thousand, references only. */
    @Override
    public FrozenState freeze() {
        StateData frozen = data.copy();
        return new FrozenState() {
            @Override
            public void writeTo(OutputStream out) throws IOException {
                out.write(frozen.encode());
            }

            @Override
            public void close() {}
        };
    }

    @Override
    public Runnable load(InputStream in) throws IOException {
        StateData read;
        try {
            read = StateData.decode(in.readAllBytes());
        } catch (WireException e) {
            throw new IOException("the snapshot cannot be read: " + e.getMessage(), e);
        }
        if (read.shards.shards() != shards) {
            throw new IOException(
                    "the snapshot is of a cluster with " + read.shards.shards() + " shards, this one has " + shards);
        }
        return () -> {
            data = read;
            List.copyOf(read.services.keySet()).forEach(observer::eventsAdded);
            observer.rosterChanged();
        };
    }

    /** Carries out commands. Each method refuses before it changes anything. */
    private final class Applier implements Command.Handler<RespValue> {
        private final List<String> touched = new ArrayList<>();
        private boolean rosterTouched;

        void tellObserver() {
            // A copy, because the observer may ask for anything but another command.
            List<String> services = List.copyOf(touched);
            touched.clear();
            services.forEach(observer::eventsAdded);
            if (rosterTouched) {
                rosterTouched = false;
                observer.rosterChanged();
            }
        }

        private Service service(String name) {
            Service found = data.services.get(name);
            if (found == null) {
                if (data.services.size() >= Limits.MAX_SERVICES) {
                    throw Refusal.refused("there can be " + Limits.MAX_SERVICES + " services");
                }
                found = new Service();
                data.services.put(name, found);
            }
            touched.add(name);
            return found;
        }

        private Session session(long id) {
            Session session = data.sessions.get(id);
            if (session == null) {
                throw Refusal.sessionExpired(id);
            }
            return session;
        }

        @Override
        public RespValue openSession(Command.OpenSession command) {
            if (data.sessions.size() >= Limits.MAX_SESSIONS) {
                throw Refusal.busy("there are " + Limits.MAX_SESSIONS + " sessions; retry later");
            }
            Service service = service(command.service());
            long id = data.nextSession++;
            data.sessions.put(id, new Session(id, command.service(), command.timeoutMs(), null));
            return RespValue.array(
                    RespValue.integer(id), RespValue.integer(service.events().lastSeq()));
        }

        @Override
        public RespValue closeSession(Command.CloseSession command) {
            end(command.session());
            return RespValue.ok();
        }

        @Override
        public RespValue expireSessions(Command.ExpireSessions command) {
            command.sessions().forEach(this::end);
            return RespValue.ok();
        }

        private void end(long id) {
            Session session = data.sessions.remove(id);
            if (session != null) {
                service(session.service()).sessionEnded(session);
            }
        }

        @Override
        public RespValue joinMember(Command.JoinMember command) {
            Session session = session(command.session());
            Session.Member member =
                    new Session.Member(command.index(), command.address().compact());
            service(session.service()).memberJoined(session, member);
            data.sessions.put(session.id(), session.withMember(member));
            return RespValue.ok();
        }

        @Override
        public RespValue elect(Command.Elect command) {
            Session session = session(command.session());
            return service(session.service()).elect(session.id(), command.epoch());
        }

        @Override
        public RespValue setSlot(Command.SetSlot command) {
            return service(command.service()).setSlot(command);
        }

        @Override
        public RespValue joinGroups(Command.JoinGroups command) {
            data.shards.join(command);
            return mapChanged();
        }

        @Override
        public RespValue leaveGroups(Command.LeaveGroups command) {
            data.shards.leave(command);
            return mapChanged();
        }

        @Override
        public RespValue moveShard(Command.MoveShard command) {
            data.shards.move(command);
            return mapChanged();
        }

        private RespValue mapChanged() {
            long version = data.shards.current().version();
            data.services.forEach((name, service) -> {
                service.events().add(Event.Kind.MAP, List.of(Service.number(version)), 0, 0);
                touched.add(name);
            });
            return RespValue.integer(version);
        }

        @Override
        public RespValue bindServer(Command.BindServer command) {
            data.shards.bind(command);
            return RespValue.ok();
        }

        @Override
        public RespValue activate(Command.Activate command) {
            return data.shards.activate(command).toReply();
        }

        @Override
        public RespValue placeShard(Command.PlaceShard command) {
            data.shards.place(command.placement());
            return RespValue.ok();
        }

        @Override
        public RespValue replaceServer(Command.ReplaceServer command) {
            data.shards.replace(command);
            return mapChanged();
        }

        @Override
        public RespValue changeNodes(Command.ChangeNodes command) {
            long version = data.roster.change(command);
            rosterTouched = true;
            return RespValue.integer(version);
        }

        @Override
        public RespValue settleNodes(Command.SettleNodes command) {
            data.roster.settle(command);
            rosterTouched = true;
            return RespValue.ok();
        }

        @Override
        public RespValue moveNode(Command.MoveNode command) {
            data.roster.move(command.node());
            rosterTouched = true;
            return RespValue.ok();
        }

        @Override
        public RespValue recoverNodes(Command.RecoverNodes command) {
            data.roster.recover(command.nodes());
            rosterTouched = true;
            List.copyOf(data.sessions.keySet()).forEach(this::end);
            data.nextSession += Limits.RECOVERY_GAP;
            List.copyOf(data.services.keySet()).forEach(name -> service(name).leaveGap());
            data.shards.leaveGap();
            mapChanged();
            return RespValue.ok();
        }
    }
}
