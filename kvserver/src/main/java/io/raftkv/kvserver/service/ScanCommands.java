package io.raftkv.kvserver.service;

import io.raftkv.callback.KeySlot;
import io.raftkv.kvserver.cluster.ShardTable;
import io.raftkv.kvserver.command.CommandException;
import io.raftkv.kvserver.command.ScanRequest;
import io.raftkv.kvserver.engine.MemoryEngine;
import io.raftkv.kvserver.engine.Position;
import io.raftkv.kvserver.shard.ClientOrder;
import io.raftkv.kvserver.shard.Request;
import io.raftkv.kvserver.shard.ShardGroup;
import io.raftkv.raft.Completion;
import io.raftkv.raft.RaftException;
import io.raftkv.resp.Reply;
import io.raftkv.resp.RespConnection;
import io.raftkv.resp.RespValue;
import org.jspecify.annotations.Nullable;

/** SCAN over the shards that this server leads, and RKV.SCAN over the shard that holds the cursor; docs/adr/0001. */
final class ScanCommands {
    private final ShardTable table;

    ScanCommands(ShardTable table) {
        this.table = table;
    }

    void scan(RespConnection connection, byte[][] args, Reply reply) {
        try {
            ScanRequest request = ScanRequest.parse(args);
            ServerCommands.orderOf(connection).barrier(done -> new Walk(request, reply, done).from(request.cursor()));
        } catch (CommandException e) {
            reply.send(e.reply());
        }
    }

    void clusterScan(RespConnection connection, byte[][] args, Reply reply) {
        try {
            ScanRequest request = ScanRequest.parse(args);
            int hashSlot = Position.hashSlotOf(request.cursor());
            ClientOrder order = ServerCommands.orderOf(connection);
            order.submit(Request.readShard(order, reply, table, hashSlot, engine -> {
                int shard = KeySlot.shardOf(hashSlot, table.shards());
                return request.answer(request.walk(engine, request.cursor(), endOf(shard)));
            }));
        } catch (CommandException e) {
            reply.send(e.reply());
        }
    }

    private long startOf(int shard) {
        return Position.firstOf(KeySlot.firstSlot(shard, table.shards()));
    }

    private long endOf(int shard) {
        return startOf(shard + 1);
    }

    /** Goes from shard to shard, on the loop of each in turn. */
    private final class Walk implements Completion {
        private final ScanRequest request;
        private final Reply reply;
        private final Runnable done;
        private long at;
        private @Nullable ShardGroup current;

        Walk(ScanRequest request, Reply reply, Runnable done) {
            this.request = request;
            this.reply = reply;
            this.done = done;
        }

        void from(long position) {
            at = position;
            ShardGroup next = nextLed();
            if (next == null) {
                answer(request.answer(Position.END));
            } else if (!request.wantsMore()) {
                answer(request.answer(Math.max(at, startOf(next.shard()))));
            } else {
                at = Math.max(at, startOf(next.shard()));
                current = next;
                next.read(this);
            }
        }

        private @Nullable ShardGroup nextLed() {
            int shards = table.shards();
            if (at == Position.END) {
                return null;
            }
            for (int shard = shards == 0 ? 0 : KeySlot.shardOf(Position.hashSlotOf(at), shards);
                    shard < shards;
                    shard++) {
                ShardGroup group = table.group(shard);
                if (group != null && group.view().ready()) {
                    return group;
                }
            }
            return null;
        }

        @Override
        public void succeeded(@Nullable Object result) {
            if (current == null) {
                throw new IllegalStateException("a scan of no shard succeeded");
            }
            MemoryEngine engine = current.engine();
            long end = endOf(current.shard());
            long next = request.walk(engine, at, end);
            if (next < end) {
                answer(request.answer(next));
            } else {
                from(end);
            }
        }

        @Override
        public void failed(RaftException failure) {
            if (failure instanceof RaftException.NotLeader && current != null) {
                from(endOf(current.shard())); // It leads this shard no more, and such shards are not walked.
            } else {
                answer(RespValue.error(
                        "BUSY the scan was interrupted, try the same cursor again: " + failure.getMessage()));
            }
        }

        private void answer(RespValue value) {
            Runnable delivery = () -> {
                reply.send(value);
                done.run();
            };
            if (reply.connection().eventLoop().inEventLoop()) {
                delivery.run();
            } else {
                reply.connection().eventLoop().execute(delivery);
            }
        }
    }
}
