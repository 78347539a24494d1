package io.raftkv.cli.shell;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** What the shell says about itself, and what it offers for completion. */
final class ShellHelp {
    private static final Map<String, String> OWN = new LinkedHashMap<>();
    private static final List<String> OF_THE_SERVER = List.of(
            "CLUSTER",
            "COMMAND",
            "CONFIG",
            "DBSIZE",
            "DECR",
            "DECRBY",
            "DEL",
            "ECHO",
            "EXISTS",
            "GETDEL",
            "INCR",
            "INCRBY",
            "INFO",
            "MGET",
            "MSET",
            "PING",
            "RKV.ONCE",
            "RKV.SESSION",
            "RKV.STATUS",
            "RKV.VERSION",
            "SET",
            "STRLEN",
            "TIME");

    static {
        OWN.put("GET key", "the value, or (nil)");
        OWN.put("PUT key value", "set the value");
        OWN.put("APPEND key value", "append to the value");
        OWN.put("DELETE key...", "delete keys");
        OWN.put("SCAN [pattern]", "all keys of the cluster that match, such as user:*");
        OWN.put("help", "this text");
        OWN.put("exit", "leave; so does the end of the input");
    }

    private ShellHelp() {}

    static String text() {
        StringBuilder text = new StringBuilder();
        OWN.forEach((form, what) -> text.append(String.format("  %-18s %s%n", form, what)));
        return text + "Any other command goes to the server that leads the key's shard: "
                + String.join(", ", OF_THE_SERVER.subList(0, 5)) + ", INCR, MGET, INFO ...\n"
                + "Letter case does not matter. Quotes hold words together: PUT k \"two words\"; in double quotes\n"
                + "\\n, \\t, \\\" and \\x00 mean what they mean in C.";
    }

    static Set<String> commands() {
        TreeSet<String> names = new TreeSet<>(OF_THE_SERVER);
        for (String form : OWN.keySet()) {
            int blank = form.indexOf(' ');
            names.add(blank < 0 ? form : form.substring(0, blank));
        }
        return names;
    }
}
