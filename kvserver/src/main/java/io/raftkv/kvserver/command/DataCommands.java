package io.raftkv.kvserver.command;

import io.raftkv.resp.CommandSpec;
import java.util.List;
import java.util.Set;

/** The table of all commands on keys. */
public final class DataCommands {
    private static final Set<String> READ = Set.of("readonly");
    private static final Set<String> FAST_READ = Set.of("readonly", "fast");
    private static final Set<String> WRITE = Set.of("write", "denyoom");
    private static final Set<String> FAST_WRITE = Set.of("write", "denyoom", "fast");
    private static final Set<String> FREEING = Set.of("write");
    private static final Set<String> FAST_FREEING = Set.of("write", "fast");

    private DataCommands() {}

    /** All rows. */
    public static List<DataCommand> all() {
        return List.of(
                read("get", 2, FAST_READ, 1, 1, "string", "Returns the string value of a key.", Reads::get),
                read("mget", -2, FAST_READ, -1, 1, "string", "Returns the values of one or more keys.", Reads::mget),
                read("strlen", 2, FAST_READ, 1, 1, "string", "Returns the length of a string value.", Reads::strlen),
                read("getrange", 4, READ, 1, 1, "string", "Returns a part of the string of a key.", Reads::getrange),
                read("substr", 4, READ, 1, 1, "string", "Returns a part of the string of a key.", Reads::getrange),
                read("exists", -2, FAST_READ, -1, 1, "generic", "Tells how many of the keys exist.", Reads::exists),
                read("touch", -2, FAST_READ, -1, 1, "generic", "Tells how many of the keys exist.", Reads::exists),
                read("type", 2, FAST_READ, 1, 1, "generic", "Tells the type of the value of a key.", Reads::type),
                write("set", -3, WRITE, 1, 1, "string", "Sets the string value of a key.", Writes::set),
                write("setnx", 3, FAST_WRITE, 1, 1, "string", "Sets a key only if it does not exist.", Writes::setnx),
                write("getset", 3, FAST_WRITE, 1, 1, "string", "Sets a key, returns its old value.", Writes::getset),
                write("getdel", 2, FAST_FREEING, 1, 1, "string", "Deletes a key, returns its value.", Writes::getdel),
                write("append", 3, FAST_WRITE, 1, 1, "string", "Appends to the value of a key.", Writes::append),
                write("setrange", 4, WRITE, 1, 1, "string", "Overwrites a part of a string.", Writes::setrange),
                write("incr", 2, FAST_WRITE, 1, 1, "string", "Increments the integer of a key by one.", Writes::incr),
                write("decr", 2, FAST_WRITE, 1, 1, "string", "Decrements the integer of a key by one.", Writes::decr),
                write("incrby", 3, FAST_WRITE, 1, 1, "string", "Increments the integer of a key.", Writes::incrby),
                write("decrby", 3, FAST_WRITE, 1, 1, "string", "Decrements the integer of a key.", Writes::decrby),
                write("mset", -3, WRITE, -1, 2, "string", "Sets several keys of one slot.", Writes::mset),
                write("msetnx", -3, WRITE, -1, 2, "string", "Sets several keys if none exists.", Writes::msetnx),
                write("del", -2, FREEING, -1, 1, "generic", "Deletes one or more keys of one slot.", Writes::del),
                write("unlink", -2, FAST_FREEING, -1, 1, "generic", "Deletes one or more keys.", Writes::del));
    }

    private static DataCommand read(
            String name,
            int arity,
            Set<String> flags,
            int lastKey,
            int step,
            String group,
            String summary,
            DataCommand.Read read) {
        return DataCommand.reading(
                new CommandSpec(name, arity, flags, 1, lastKey, step, summary, group, "1.0.0"), read);
    }

    private static DataCommand write(
            String name,
            int arity,
            Set<String> flags,
            int lastKey,
            int step,
            String group,
            String summary,
            DataCommand.Encode encode) {
        return DataCommand.writing(
                new CommandSpec(name, arity, flags, 1, lastKey, step, summary, group, "1.0.0"), encode);
    }
}
