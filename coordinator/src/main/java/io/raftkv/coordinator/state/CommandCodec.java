package io.raftkv.coordinator.state;

import io.raftkv.coordinator.wire.WireException;
import io.raftkv.coordinator.wire.WireReader;
import io.raftkv.coordinator.wire.WireWriter;
import io.raftkv.raft.Bytes;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The form of commands in the log.
 *
 * <pre>u8 version = 1 | u8 tag | flag [u64 client | u64 seq] | fields of the command</pre>
 *
 * <p>Threads: stateless, any thread.
 */
public final class CommandCodec {
    private static final int VERSION = 1;
    private static final int OPEN_SESSION = 1;
    private static final int CLOSE_SESSION = 2;
    private static final int EXPIRE_SESSIONS = 3;
    private static final int JOIN_MEMBER = 4;
    private static final int ELECT = 5;
    private static final int SET_SLOT = 6;
    private static final int JOIN_GROUPS = 7;
    private static final int LEAVE_GROUPS = 8;
    private static final int MOVE_SHARD = 9;
    private static final int BIND_SERVER = 10;
    private static final int ACTIVATE = 11;
    private static final int PLACE_SHARD = 12;
    private static final int REPLACE_SERVER = 13;
    private static final int CHANGE_NODES = 20;
    private static final int SETTLE_NODES = 21;
    private static final int MOVE_NODE = 22;
    private static final int RECOVER_NODES = 23;

    private CommandCodec() {}

    /** Whose request it is, and its number there; a repeated one is given its first result. */
    public record RequestId(long client, long seq) {
        static void write(WireWriter out, RequestId id) {
            out.i64(id.client).i64(id.seq);
        }

        static RequestId read(WireReader in) {
            return new RequestId(in.i64(), in.i64());
        }
    }

    /** A command and, if its sender may repeat it, the request it answers. */
    public record Request(@Nullable RequestId id, Command command) {}

    public static Bytes encode(Request request) {
        WireWriter out = new WireWriter();
        out.u8(VERSION);
        request.command().dispatch(new Encoder(out, request.id()));
        return out.toBytes();
    }

    public static Request decode(Bytes bytes) {
        WireReader in = new WireReader(bytes);
        int version = in.u8();
        if (version != VERSION) {
            throw new WireException("a command of version " + version + "; this release knows " + VERSION);
        }
        int tag = in.u8();
        RequestId id = in.optional(RequestId::read);
        Command command = decode(tag, in);
        in.end();
        return new Request(id, command);
    }

    private static Command decode(int tag, WireReader in) {
        return switch (tag) {
            case OPEN_SESSION -> new Command.OpenSession(in.text(), in.i32());
            case CLOSE_SESSION -> new Command.CloseSession(in.i64());
            case EXPIRE_SESSIONS -> new Command.ExpireSessions(in.list(WireReader::i64));
            case JOIN_MEMBER -> new Command.JoinMember(in.i64(), in.i32(), in.bytes());
            case ELECT -> new Command.Elect(in.i64(), in.i32());
            case SET_SLOT ->
                new Command.SetSlot(
                        in.text(),
                        in.i32(),
                        in.bytes(),
                        in.optional(i -> new Command.EpochClaim(i.i64(), i.i32())),
                        in.optional(Fence::read),
                        in.bool());
            case JOIN_GROUPS -> joinGroups(in);
            case LEAVE_GROUPS -> new Command.LeaveGroups(in.list(WireReader::i32));
            case MOVE_SHARD -> new Command.MoveShard(in.i32(), in.i32());
            case BIND_SERVER -> new Command.BindServer(in.text(), in.i64());
            case ACTIVATE -> new Command.Activate(in.i32());
            case PLACE_SHARD -> new Command.PlaceShard(Placement.read(in));
            case REPLACE_SERVER -> new Command.ReplaceServer(in.text());
            case CHANGE_NODES -> new Command.ChangeNodes(in.optional(Node::read), in.i64());
            case SETTLE_NODES -> new Command.SettleNodes(in.i64(), in.list(WireReader::i64));
            case MOVE_NODE -> new Command.MoveNode(Node.read(in));
            case RECOVER_NODES -> new Command.RecoverNodes(in.list(WireReader::i64));
            default -> throw new WireException("no command has the tag " + tag);
        };
    }

    private static Command joinGroups(WireReader in) {
        TreeMap<Integer, java.util.List<String>> groups = new TreeMap<>();
        in.list(i -> Map.entry(i.i32(), i.list(WireReader::text)))
                .forEach(group -> groups.put(group.getKey(), group.getValue()));
        return new Command.JoinGroups(groups);
    }

    private record Encoder(WireWriter out, @Nullable RequestId id) implements Command.Handler<WireWriter> {
        private WireWriter begin(int tag) {
            return out.u8(tag).optional(id, RequestId::write);
        }

        @Override
        public WireWriter openSession(Command.OpenSession command) {
            return begin(OPEN_SESSION).text(command.service()).i32(command.timeoutMs());
        }

        @Override
        public WireWriter closeSession(Command.CloseSession command) {
            return begin(CLOSE_SESSION).i64(command.session());
        }

        @Override
        public WireWriter expireSessions(Command.ExpireSessions command) {
            return begin(EXPIRE_SESSIONS).list(command.sessions(), WireWriter::i64);
        }

        @Override
        public WireWriter joinMember(Command.JoinMember command) {
            return begin(JOIN_MEMBER)
                    .i64(command.session())
                    .i32(command.index())
                    .bytes(command.address());
        }

        @Override
        public WireWriter elect(Command.Elect command) {
            return begin(ELECT).i64(command.session()).i32(command.epoch());
        }

        @Override
        public WireWriter setSlot(Command.SetSlot command) {
            return begin(SET_SLOT)
                    .text(command.service())
                    .i32(command.index())
                    .bytes(command.text())
                    .optional(command.claim(), (o, claim) -> o.i64(claim.session())
                            .i32(claim.epoch()))
                    .optional(command.fence(), Fence::write)
                    .bool(command.force());
        }

        @Override
        public WireWriter joinGroups(Command.JoinGroups command) {
            return begin(JOIN_GROUPS).list(command.groups().entrySet(), (o, group) -> o.i32(group.getKey())
                    .list(group.getValue(), WireWriter::text));
        }

        @Override
        public WireWriter leaveGroups(Command.LeaveGroups command) {
            return begin(LEAVE_GROUPS).list(command.gids(), WireWriter::i32);
        }

        @Override
        public WireWriter moveShard(Command.MoveShard command) {
            return begin(MOVE_SHARD).i32(command.shard()).i32(command.gid());
        }

        @Override
        public WireWriter bindServer(Command.BindServer command) {
            return begin(BIND_SERVER).text(command.address()).i64(command.server());
        }

        @Override
        public WireWriter activate(Command.Activate command) {
            return begin(ACTIVATE).i32(command.shard());
        }

        @Override
        public WireWriter placeShard(Command.PlaceShard command) {
            WireWriter begun = begin(PLACE_SHARD);
            Placement.write(begun, command.placement());
            return begun;
        }

        @Override
        public WireWriter replaceServer(Command.ReplaceServer command) {
            return begin(REPLACE_SERVER).text(command.address());
        }

        @Override
        public WireWriter changeNodes(Command.ChangeNodes command) {
            return begin(CHANGE_NODES).optional(command.joins(), Node::write).i64(command.leaves());
        }

        @Override
        public WireWriter settleNodes(Command.SettleNodes command) {
            return begin(SETTLE_NODES).i64(command.version()).list(command.voters(), WireWriter::i64);
        }

        @Override
        public WireWriter moveNode(Command.MoveNode command) {
            Node.write(begin(MOVE_NODE), command.node());
            return out;
        }

        @Override
        public WireWriter recoverNodes(Command.RecoverNodes command) {
            return begin(RECOVER_NODES).list(command.nodes(), WireWriter::i64);
        }
    }
}
