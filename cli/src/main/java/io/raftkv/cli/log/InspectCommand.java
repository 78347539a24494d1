package io.raftkv.cli.log;

import io.raftkv.cli.Console;
import io.raftkv.cli.ExitCode;
import io.raftkv.cli.Json;
import io.raftkv.raft.core.Entry;
import io.raftkv.raft.log.LogSurvey;
import io.raftkv.raft.log.RecoveredGroup;
import io.raftkv.raft.snapshot.SnapshotStore.Checked;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

/** {@code raftkv log inspect}. */
@Command(name = "inspect", description = "Show what is in the log and the snapshots of a stopped server.")
final class InspectCommand implements Callable<Integer> {
    @ParentCommand
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private LogCommand parent;

    @Parameters(paramLabel = "DIR", description = "The data folder of the server.")
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private Path folder;

    @Option(names = "--group", paramLabel = "ID", description = "Only this group.")
    private @Nullable Long group;

    @Option(names = "--entries", paramLabel = "FROM..TO", description = "The entries with these indexes too.")
    private @Nullable String entries;

    @Option(names = "--json", description = "Print one line of JSON.")
    private boolean json;

    @Override
    public Integer call() throws IOException {
        long[] range = range();
        StoppedFolder found = StoppedFolder.read(folder);
        List<Map<String, Object>> groups = new ArrayList<>();
        SortedSet<Long> ids = new TreeSet<>(found.log().groups().keySet());
        ids.addAll(found.snapshots().keySet());
        for (long id : ids) {
            if (group == null || group == id) {
                groups.add(describe(found, id, range));
            }
        }
        List<String> damages = found.damages();
        Map<String, Object> all = new LinkedHashMap<>();
        all.put("server", Long.toHexString(found.log().serverId()));
        found.lives().ifPresent(lives -> {
            all.put("folder", String.format("%016x", lives.folder()));
            all.put("lives of this server", lives.own().size() + ", the last one " + lives.life());
            all.put(
                    "lives of others that it met last",
                    lives.peers().entrySet().stream()
                            .map(met -> "server " + Long.toHexString(met.getKey()) + " with folder "
                                    + String.format("%016x", met.getValue().folder()) + " in life "
                                    + met.getValue().life())
                            .toList());
        });
        all.put("files", found.log().files().stream().map(InspectCommand::text).toList());
        all.put("set aside", found.log().setAside());
        all.put("groups", groups);
        all.put("damages", damages);
        Console console = parent.console();
        if (json) {
            console.out().println(Json.of(all));
        } else {
            Outline.print(console, "", all);
        }
        return damages.isEmpty() ? ExitCode.OK : ExitCode.FAILED;
    }

    /** First and last index that is asked for; none if the last is before the first. */
    private long[] range() {
        if (entries == null) {
            return new long[] {1, 0};
        }
        if (!entries.matches("\\d{1,18}\\.\\.\\d{1,18}")) {
            throw new IllegalArgumentException("--entries needs two indexes such as 10..20, not " + entries);
        }
        String[] ends = entries.split("\\.\\.", 2);
        return new long[] {Long.parseLong(ends[0]), Long.parseLong(ends[1])};
    }

    private static String text(LogSurvey.LogFile file) {
        return file.path() + " " + file.bytes() + " bytes, " + file.records() + " records, LSN " + file.firstLsn()
                + " to " + file.lastLsn() + ", end at " + file.end();
    }

    private static Map<String, Object> describe(StoppedFolder found, long id, long[] range) {
        Map<String, Object> values = new LinkedHashMap<>();
        values.put("group", id);
        values.put("recovering", found.recovering().contains(String.format("%016x", id)));
        List<Checked> snapshots = found.snapshots().getOrDefault(id, List.of());
        values.put("snapshots", snapshots.stream().map(InspectCommand::text).toList());
        RecoveredGroup log = found.log().groups().get(id);
        if (log == null) {
            return values;
        }
        values.put("term", log.hardState().term());
        values.put("vote", String.valueOf(log.hardState().votedFor()));
        values.put("start", log.logStart().index() + "/" + log.logStart().term());
        values.put("last", log.logStart().index() + log.entries().size());
        values.put(
                "configurations",
                log.entries().stream()
                        .filter(entry -> entry.type() == Entry.Type.CONFIGURATION)
                        .map(entry -> "at " + entry.index())
                        .toList());
        values.put(
                "extents",
                found.log().stretches().getOrDefault(id, List.of()).stream()
                        .map(at -> at.firstIndex() + ".." + at.lastIndex() + " of term " + at.term() + " in "
                                + at.path() + " from " + at.from() + " to " + at.to())
                        .toList());
        values.put(
                "entries",
                log.entries().stream()
                        .filter(entry -> entry.index() >= range[0] && entry.index() <= range[1])
                        .map(entry -> entry.index() + "/" + entry.term() + " " + entry.type() + " " + entry.bytes()
                                + " bytes, time " + entry.timeMs())
                        .toList());
        return values;
    }

    private static String text(Checked snapshot) {
        return snapshot.path()
                + (snapshot.meta() == null
                        ? " damaged"
                        : " of term " + snapshot.meta().term() + ", " + snapshot.bytes() + " bytes, voters "
                                + snapshot.meta().configuration().voters());
    }
}
