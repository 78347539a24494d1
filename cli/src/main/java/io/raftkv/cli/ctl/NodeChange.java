package io.raftkv.cli.ctl;

import io.raftkv.callback.CoordinatorException;
import io.raftkv.callback.CoordinatorNodes;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A change of the coordinator's nodes from the wish to its end. The wish is kept by the coordinator, so that it goes on also
 * when nobody watches, and asking for it again does no harm.
 */
final class NodeChange {
    private static final int PAUSE_MS = 100;
    /** Nothing happened, or it does no harm to ask again. */
    private static final Set<String> TRY_AGAIN = Set.of(
            CoordinatorException.NOT_READY,
            CoordinatorException.NO_LEADER,
            CoordinatorException.BUSY,
            CoordinatorException.TIMEOUT);

    private final CtlSession session;
    private final @Nullable String joins;
    private final @Nullable String leaves;
    private final Duration longest;
    private final long deadline;
    private String said = "";

    NodeChange(CtlSession session, @Nullable String joins, @Nullable String leaves, Duration longest) {
        this.session = session;
        this.joins = joins;
        this.leaves = leaves;
        this.longest = longest;
        this.deadline = System.nanoTime() + longest.toNanos();
    }

    /** Returns what to say at the end. */
    String carryOut() {
        long version = ask();
        CoordinatorNodes nodes = awaitEnd(version);
        List<CoordinatorNodes.Row> members = nodes.nodes().stream()
                .filter(row -> !row.state().equals("waiting") && !row.state().equals("removed"))
                .toList();
        if (joins != null && members.stream().noneMatch(row -> isNamed(row, joins))) {
            throw new IllegalStateException(joins + " is no member: it was taken back");
        }
        String names = members.stream().map(CoordinatorNodes.Row::address).collect(Collectors.joining(", "));
        return "ok, " + members.size() + (members.size() == 1 ? " node: " : " nodes: ") + names + advice(members);
    }

    private static String advice(List<CoordinatorNodes.Row> members) {
        String dead = members.stream()
                .filter(row -> row.state().equals("unreachable"))
                .map(row -> "\n" + row.address() + " is unreachable; if it does not come back: coordinator remove "
                        + row.address())
                .collect(Collectors.joining());
        int size = members.size();
        return size % 2 != 0 && size > 1
                ? dead
                : dead + "\n" + size
                        + (size == 1 ? " node survives no failure" : " nodes survive no more failures than ")
                        + (size == 1 ? "" : String.valueOf(size - 1)) + "; 3 or 5 are usual: start another one and"
                        + " coordinator add it, or coordinator remove one";
    }

    private long ask() {
        while (true) {
            try {
                if (joins == null) {
                    return session.coordinator().removeNode(String.valueOf(leaves));
                }
                return leaves == null
                        ? session.coordinator().addNode(joins)
                        : session.coordinator().replaceNode(leaves, joins);
            } catch (CoordinatorException e) {
                if (!TRY_AGAIN.contains(e.code())) {
                    throw e;
                }
                say("waiting: " + e.getMessage());
                pause("it was not begun: " + e.getMessage());
            }
        }
    }

    private CoordinatorNodes awaitEnd(long version) {
        while (true) {
            String trouble;
            try {
                CoordinatorNodes nodes = session.coordinator().nodes();
                if (nodes.change() == null || nodes.version() > version) {
                    return nodes;
                }
                trouble = nodes.change();
                progress(nodes);
            } catch (CoordinatorException e) {
                if (!TRY_AGAIN.contains(e.code())) {
                    throw e;
                }
                trouble = String.valueOf(e.getMessage());
            }
            pause("the leader goes on with it, and so does the next one; look with: coordinator list; " + trouble);
        }
    }

    private void progress(CoordinatorNodes nodes) {
        nodes.nodes().stream()
                .filter(row -> isNamed(row, joins != null ? joins : leaves))
                .findFirst()
                .ifPresent(row -> say(row.address() + ": " + row.state()));
    }

    private static boolean isNamed(CoordinatorNodes.Row row, @Nullable String name) {
        return row.address().equals(name) || Long.toHexString(row.id()).equals(name);
    }

    private void say(String line) {
        if (!line.equals(said)) {
            said = line;
            session.print(line);
        }
    }

    private void pause(String trouble) {
        if (System.nanoTime() - deadline >= 0) {
            throw new IllegalStateException("not done after " + longest.toMillis() + " ms; " + trouble);
        }
        try {
            new CountDownLatch(1).await(PAUSE_MS, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while waiting; " + trouble, e);
        }
    }
}
