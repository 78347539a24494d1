package io.raftkv.kvclient;

import io.raftkv.callback.KeySlot;
import io.raftkv.resp.RespValue;
import java.util.ArrayDeque;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;

/**
 * Walks the keys of the whole cluster, a page at a time. The server's cursor is a position in an order that all
 * replicas share: its upper bits are the hash slot it stands in, which tells the shard to ask next. So a key that is
 * there all the time is met exactly once, whoever leads its shard meanwhile.
 *
 * <p>Threads: one at a time.
 */
final class Scan implements Iterator<byte[]> {
    private static final int PAGE = 1000;
    private static final int HASH_BITS = 48;

    private final Dispatcher dispatcher;
    private final byte[] pattern;
    private final Function<CompletableFuture<RespValue>, RespValue> await;
    private final ArrayDeque<byte[]> page = new ArrayDeque<>();
    private long cursor;
    private boolean ended;

    Scan(Dispatcher dispatcher, byte[] pattern, Function<CompletableFuture<RespValue>, RespValue> await) {
        this.dispatcher = dispatcher;
        this.pattern = pattern;
        this.await = await;
    }

    @Override
    public boolean hasNext() {
        while (page.isEmpty() && !ended) {
            readPage();
        }
        return !page.isEmpty();
    }

    @Override
    public byte[] next() {
        if (!hasNext()) {
            throw new NoSuchElementException();
        }
        return page.remove();
    }

    private void readPage() {
        int shards = dispatcher.routing().shards();
        int shard = KeySlot.shardOf((int) (cursor >>> HASH_BITS), shards);
        if (dispatcher.routing().leader(shard) == null && neverLed(shard)) {
            skip(shard, shards);
            return;
        }
        List<RespValue> reply = KvAsync.refuseErrors(await.apply(dispatcher.callShard(shard, request())))
                .asList();
        for (RespValue key : reply.get(1).asList()) {
            page.add(key instanceof RespValue.Bulk bulk ? bulk.bytes() : KvAsync.bytes(key.asText()));
        }
        cursor = reply.get(0).asLong();
        ended = cursor == 0;
    }

    // The slot of a shard is set by its first leader and never emptied: without one there is no key in the shard.
    private boolean neverLed(int shard) {
        dispatcher.routing().refresh().join();
        return dispatcher.routing().leader(shard) == null;
    }

    private void skip(int shard, int shards) {
        cursor = (long) KeySlot.firstSlot(shard + 1, shards) << HASH_BITS;
        ended = shard + 1 == shards;
    }

    private byte[][] request() {
        return new byte[][] {
            KvAsync.bytes("RKV.SCAN"),
            KvAsync.bytes(Long.toString(cursor)),
            KvAsync.bytes("MATCH"),
            pattern,
            KvAsync.bytes("COUNT"),
            KvAsync.bytes(Integer.toString(PAGE))
        };
    }
}
