package io.raftkv.callback;

import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Writes down what it is told, with the thread; a test may add what else a callback does. */
class Recorder implements RaftCallBack {
    private final BlockingQueue<String> calls = new LinkedBlockingQueue<>();
    final BlockingQueue<Thread> threads = new LinkedBlockingQueue<>();

    void record(String call) {
        threads.add(Thread.currentThread());
        calls.add(call);
    }

    /** The next call, for which it waits up to ten seconds. */
    @Nullable
    String next() throws InterruptedException {
        return calls.poll(10, TimeUnit.SECONDS);
    }

    int waiting() {
        return calls.size();
    }

    @Override
    public void onBecomeLeader(RaftClientImp client) {
        record("become-leader");
    }

    @Override
    public void onSelectLeaderFailed(RaftClientImp client) {
        record("select-leader-failed");
    }

    @Override
    public void onLeaderFailed(int epoch) {
        record("leader-failed " + epoch);
    }

    @Override
    public void onMemberJoin(int idx, String address) {
        record("member-join " + idx + " " + address);
    }

    @Override
    public void onMemberLeave(String address) {
        record("member-leave " + address);
    }

    @Override
    public void onSlotChanged(int idx, @Nullable String info) {
        record("slot " + idx + " " + info);
    }

    @Override
    public void onShardMapChanged(long version) {
        record("map " + version);
    }

    @Override
    public void onDeposed(int epoch) {
        record("deposed " + epoch);
    }

    @Override
    public void onConnectionSuspended() {
        record("suspended");
    }

    @Override
    public void onConnectionResumed() {
        record("resumed");
    }

    @Override
    public void onSessionLost(String why) {
        record("session-lost " + why);
    }
}
