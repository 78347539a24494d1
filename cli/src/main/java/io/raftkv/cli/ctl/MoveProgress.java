package io.raftkv.cli.ctl;

import io.raftkv.cli.Console;
import java.util.List;
import java.util.Locale;

/**
 * Shows on standard error how far shards are on their way: one line that changes on a terminal, else a line whenever there
 * is something new to say, but not too often.
 *
 * <p>Threads: one.
 */
final class MoveProgress {
    private static final int BAR = 20;
    private static final long PAUSE_NANOS = 2_000_000_000L;

    private final Console console;
    private final boolean oneLine;
    private String shown = "";
    private long shownNanos = System.nanoTime();

    MoveProgress(Console console) {
        this.console = console;
        this.oneLine = console.interactive();
    }

    void show(ClusterView view) {
        String text = text(view);
        if (text.equals(shown)) {
            return;
        }
        if (oneLine) {
            console.err().print("\r" + text + " ".repeat(Math.max(0, shown.length() - text.length())));
            console.err().flush();
        } else if (System.nanoTime() - shownNanos < PAUSE_NANOS) {
            return;
        } else {
            console.err().println(text);
        }
        shown = text;
        shownNanos = System.nanoTime();
    }

    void end() {
        if (oneLine && !shown.isEmpty()) {
            console.err().println();
        }
    }

    private static String text(ClusterView view) {
        List<ClusterView.Shard> shards =
                view.shards().stream().filter(shard -> shard.gid() != 0).toList();
        List<ClusterView.Shard> missing =
                shards.stream().filter(shard -> !shard.isInPlace()).toList();
        int done = shards.size() - missing.size();
        double moved = done;
        long held = 0;
        long total = 0;
        for (ClusterView.Shard shard : missing) {
            ReplicaStatus status = shard.status();
            if (status != null) {
                moved += status.moved(shard.servers());
                for (ReplicaStatus.Sending transfer : status.sending().values()) {
                    held += transfer.held();
                    total += transfer.total();
                }
            }
        }
        int bar = shards.isEmpty() ? BAR : (int) (BAR * moved / shards.size());
        String bytes = total == 0 ? "" : String.format(Locale.ROOT, ", %.1f of %.1f MB sent", held / 1e6, total / 1e6);
        String first =
                missing.isEmpty() ? "" : "; shard " + missing.get(0).number() + ": " + view.state(missing.get(0));
        return String.format(
                Locale.ROOT,
                "[%s%s] %d of %d shards in place%s%s",
                "#".repeat(bar),
                ".".repeat(BAR - bar),
                done,
                shards.size(),
                bytes,
                first);
    }
}
