package io.raftkv.kvserver.service;

import io.raftkv.kvserver.command.Glob;
import io.raftkv.kvserver.command.Limits;
import io.raftkv.resp.CommandHandler;
import io.raftkv.resp.Reply;
import io.raftkv.resp.RespConnection;
import io.raftkv.resp.RespValue;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/** CONFIG GET: the few settings that tools look at, in Redis's words. They are set in the configuration file only. */
final class ConfigCommand implements CommandHandler {
    private final SortedMap<String, String> settings = new TreeMap<>();

    ConfigCommand(Limits limits) {
        settings.put("save", "");
        settings.put("appendonly", "yes");
        settings.put("appendfsync", "always");
        settings.put("cluster-enabled", "yes");
        settings.put("databases", "1");
        settings.put("maxmemory", "0");
        settings.put("maxmemory-policy", "noeviction");
        settings.put("proto-max-bulk-len", Integer.toString(limits.maxValueBytes()));
        settings.put("timeout", "0");
    }

    @Override
    public void command(RespConnection connection, byte[][] args, Reply reply) {
        String subcommand = new String(args[1], StandardCharsets.UTF_8).toUpperCase(Locale.ROOT);
        if (!subcommand.equals("GET")) {
            reply.error(
                    "ERR CONFIG " + subcommand + " is not possible: settings are in the server's configuration file");
        } else if (args.length < 3) {
            reply.error("ERR wrong number of arguments for 'config|get' command");
        } else {
            reply.send(get(args));
        }
    }

    private RespValue get(byte[][] args) {
        Map<String, String> found = new LinkedHashMap<>();
        for (int i = 2; i < args.length; i++) {
            String text = new String(args[i], StandardCharsets.UTF_8).toLowerCase(Locale.ROOT);
            Glob pattern = new Glob(text.getBytes(StandardCharsets.UTF_8));
            settings.forEach((name, value) -> {
                if (pattern.matches(name.getBytes(StandardCharsets.UTF_8))) {
                    found.put(name, value);
                }
            });
        }
        return Fields.map(found);
    }
}
