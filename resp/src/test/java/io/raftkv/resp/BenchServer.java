package io.raftkv.resp;

import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * A server over a map in memory, to measure the server's path with redis-benchmark: {@code BenchServer port loops}.
 * Not a test.
 */
final class BenchServer {
    private BenchServer() {}

    public static void main(String[] args) throws Exception {
        Map<ByteBuffer, byte[]> map = new ConcurrentHashMap<>();
        CommandTable table = new CommandTable()
                .register(new ConnectionCommands(Map.of()))
                .register(
                        CommandSpec.keyless("get", 2, "string", "Reads."),
                        (c, a, reply) -> reply.bulk(map.get(ByteBuffer.wrap(a[1]))))
                .register(CommandSpec.keyless("set", 3, "string", "Writes."), (c, a, reply) -> {
                    map.put(ByteBuffer.wrap(a[1]), a[2]);
                    reply.ok();
                })
                .register(
                        CommandSpec.keyless("config", -1, "server", "Nothing."),
                        (c, a, reply) -> reply.send(RespValue.array(RespValue.bulk("save"), RespValue.bulk(""))));
        RespServer server = RespServer.builder()
                .port(Integer.parseInt(args[0]))
                .bossAndWorkers(new MultiThreadIoEventLoopGroup(Integer.parseInt(args[1]), NioIoHandler.newFactory()))
                .handler(table)
                .start();
        System.out.println("listening at " + server.port());
    }
}
