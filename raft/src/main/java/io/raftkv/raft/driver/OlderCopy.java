package io.raftkv.raft.driver;

import io.raftkv.raft.EventLoop;
import java.io.IOException;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

/**
 * What a node does when its folder turns out to be an older copy, which lacks what this server promised: none of its
 * replicas promises anything from then on, and after that the folder says so durably, see {@link Introductions}.
 *
 * <p>Threads: any.
 */
final class OlderCopy implements Introductions.Forgetting {
    private final RaftNodeOptions options;
    private final DataFolder folder;
    private final Map<Long, GroupRunner> groups;
    private final Set<Long> opened;
    private final Consumer<Throwable> failed;
    /** How often the folder turned out to lack something, and how often that is on the disk. */
    private final AtomicInteger found = new AtomicInteger();

    private final AtomicInteger marked = new AtomicInteger();

    /**
     * @param groups those that are open, by id
     * @param opened those that were opened since the node was
     */
    OlderCopy(
            RaftNodeOptions options,
            DataFolder folder,
            Map<Long, GroupRunner> groups,
            Set<Long> opened,
            Consumer<Throwable> failed) {
        this.options = options;
        this.folder = folder;
        this.groups = groups;
        this.opened = opened;
        this.failed = failed;
    }

    @Override
    public void forget(String why, Runnable done) {
        found.incrementAndGet();
        AtomicInteger left = new AtomicInteger(options.loops().size());
        for (EventLoop loop : options.loops()) {
            RaftNode.onLoop(loop, () -> {
                groups.values().stream().filter(group -> group.loop() == loop).forEach(GroupRunner::forget);
                if (left.decrementAndGet() == 0) {
                    options.logExecutor().execute(() -> mark(why, done));
                }
            });
        }
    }

    private void mark(String why, Runnable done) {
        try {
            Set<Long> all = folder.groups();
            all.addAll(opened);
            folder.forget(all, why);
            marked.incrementAndGet();
        } catch (IOException e) {
            failed.accept(e);
            return;
        }
        RaftNode.onLoop(options.loops().get(0), done);
    }

    @Override
    public boolean knowsThatItForgot() {
        return folder.hasForgotten();
    }

    /** To be asked before a group is read from the disk, for {@link #opened}. */
    int timesMarked() {
        return marked.get();
    }

    /**
     * A group was opened: if the folder was found to be an older copy since then, whoever told the others may not have seen
     * it.
     *
     * @param markedBefore how often the disk knew of when the group was read
     */
    void opened(GroupRunner group, int markedBefore) throws IOException {
        if (found.get() == markedBefore) {
            return;
        }
        group.forget();
        try {
            folder.forget(
                    Set.of(group.id()),
                    "group " + group.id() + " was opened when this folder was found to be an older copy");
        } catch (IOException e) {
            failed.accept(e);
            throw e;
        }
    }
}
