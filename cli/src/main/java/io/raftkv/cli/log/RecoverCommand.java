package io.raftkv.cli.log;

import io.raftkv.cli.Console;
import io.raftkv.cli.ExitCode;
import io.raftkv.cli.Json;
import io.raftkv.raft.driver.UnsafeRecovery;
import io.raftkv.raft.driver.UnsafeRecovery.Plan;
import io.raftkv.raft.driver.UnsafeRecovery.Survivor;
import io.raftkv.raft.log.Disk;
import io.raftkv.raft.log.LogException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

/** {@code raftkv log recover}. */
@Command(
        name = "recover",
        description = {
            "Let groups go on that lost a majority of their servers for good, with what the survivors hold.",
            "Writes that only the lost servers had acknowledged are LOST. Without --execute it only says what would be done.",
            "Name the folders of all servers that survived, all of them stopped: a server that is not named is given up. Never"
                    + " start a server again that was given up."
        })
final class RecoverCommand implements Callable<Integer> {
    @ParentCommand
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private LogCommand parent;

    @Parameters(paramLabel = "DIR", arity = "1..*", description = "The data folders of the servers that survived.")
    private List<Path> folders = new ArrayList<>();

    @Option(names = "--group", paramLabel = "ID", description = "Only this group; may be repeated.")
    private List<Long> groups = new ArrayList<>();

    @Option(
            names = "--lost",
            paramLabel = "SERVER",
            split = ",",
            description = "The servers that are given up; --execute needs all of them, as the plan names them.")
    private List<String> lost = new ArrayList<>();

    @Option(names = "--execute", description = "Do it.")
    private boolean execute;

    @Option(names = "--json", description = "Print one line of JSON.")
    private boolean json;

    @Override
    public Integer call() throws IOException {
        UnsafeRecovery recovery = open();
        List<Plan> plans = new ArrayList<>();
        SortedSet<String> givenUp = new TreeSet<>();
        for (long group : groups.isEmpty() ? recovery.groups() : new TreeSet<>(groups)) {
            Plan plan = recovery.plan(group);
            if (plan != null) {
                plans.add(plan);
                plan.lost().forEach(replica -> givenUp.add(Long.toHexString(replica.server())));
            }
        }
        if (execute) {
            requireNamed(givenUp);
            recovery.execute(plans);
        }
        print(plans, givenUp);
        return ExitCode.OK;
    }

    private UnsafeRecovery open() throws IOException {
        List<Disk> disks = new ArrayList<>();
        for (Path folder : folders) {
            disks.add(StoppedFolder.disk(folder));
        }
        try {
            return new UnsafeRecovery(disks);
        } catch (LogException e) {
            throw new IllegalArgumentException(e.getMessage(), e);
        }
    }

    /** A folder that was forgotten is a server that would be given up by mistake. */
    private void requireNamed(SortedSet<String> givenUp) {
        SortedSet<String> named = new TreeSet<>(lost);
        if (!named.equals(givenUp)) {
            throw new IllegalArgumentException("the plan gives up servers " + givenUp + ", --lost names " + named
                    + "; name the folders of all servers that survived, and with --lost all that did not");
        }
    }

    private void print(List<Plan> plans, SortedSet<String> givenUp) {
        Map<String, Object> all = new LinkedHashMap<>();
        List<Map<String, Object>> described =
                plans.stream().map(RecoverCommand::describe).toList();
        all.put("groups", described);
        all.put("given up", new ArrayList<>(givenUp));
        all.put("executed", execute);
        Console console = parent.console();
        if (json) {
            console.out().println(Json.of(all));
            return;
        }
        Outline.print(console, "", Map.of("groups", described));
        console.out().println(advice(plans, givenUp));
    }

    private String advice(List<Plan> plans, SortedSet<String> givenUp) {
        if (plans.isEmpty()) {
            return "nothing to do: each group has a majority of its voters in these folders, or was recovered";
        } else if (execute) {
            return "done: start the survivors, and never again servers " + String.join(", ", givenUp);
        }
        String ids = groups.stream().map(group -> " --group " + group).collect(Collectors.joining());
        return "nothing was changed; to do it: raftkv log recover"
                + folders.stream().map(folder -> " " + folder).collect(Collectors.joining()) + ids
                + (givenUp.isEmpty() ? "" : " --lost " + String.join(",", givenUp)) + " --execute";
    }

    private static Map<String, Object> describe(Plan plan) {
        Map<String, Object> values = new LinkedHashMap<>();
        values.put("group", plan.groupId());
        values.put("members", text(plan.before().members()));
        values.put("lost", text(plan.lost()));
        values.put(
                "survivors", plan.survivors().stream().map(RecoverCommand::text).toList());
        values.put("source", String.valueOf(plan.source().id()));
        values.put("voters", text(plan.after().voters()));
        if (!plan.after().learners().isEmpty()) {
            values.put("learners", text(plan.after().learners()));
            values.put("begin anew", text(plan.beginAnew().keySet()));
        }
        if (plan.isUndecided()) {
            values.put("committed for sure", plan.knownCommitted());
            values.put("last", plan.source().lastIndex());
            values.put("term", plan.term());
            values.put("may be lost", risk(plan));
        }
        return values;
    }

    private static String risk(Plan plan) {
        return "what was acknowledged after index " + plan.knownCommitted()
                + " and is not, or otherwise, in the log of "
                + plan.source().id() + " up to " + plan.source().lastIndex()
                + (plan.source().isRecovering() ? "; it lost something itself, and had not recovered" : "");
    }

    private static String text(Collection<?> replicas) {
        return replicas.stream().map(String::valueOf).collect(Collectors.joining(" "));
    }

    private static String text(Survivor survivor) {
        return survivor.id() + " last " + survivor.lastIndex() + "/" + survivor.lastTerm() + ", snapshot "
                + survivor.snapshotIndex() + ", term " + survivor.term()
                + (survivor.isRecovering() ? ", lost something" : "") + ", in " + survivor.folder();
    }
}
