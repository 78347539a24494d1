package io.raftkv.examples.callback;

import io.raftkv.callback.ClientConfig;
import io.raftkv.callback.CoordinatorException;
import io.raftkv.callback.Leadership;
import io.raftkv.callback.RaftCallBack;
import io.raftkv.callback.RaftClient;
import io.raftkv.callback.RaftClientImp;
import io.raftkv.config.ConfigException;
import java.io.PrintStream;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;

/**
 * One instance of a service of which one leads at a time: {@code LeaderService coordinators index address}, for example
 * {@code LeaderService 127.0.0.1:50000,127.0.0.1:50001 0 127.0.0.1:9000}. The leader writes its address into slot 0, where
 * clients of the service would look for it. Every callback prints a line. Start several, and end one by CTRL+C.
 */
public final class LeaderService implements RaftCallBack, AutoCloseable {
    private static final int LEADER_SLOT = 0;

    private final int index;
    private final String address;
    private final PrintStream out;
    private final RaftClient client = new RaftClient(this);
    private final CountDownLatch ended = new CountDownLatch(1);

    /** The last epoch that was claimed; one claim at a time. */
    private volatile int claimed;

    LeaderService(int index, String address, PrintStream out) {
        this.index = index;
        this.address = address;
        this.out = out;
    }

    /** Runs until the session ends (exit code 1) or the process does; 2 if it was called wrongly. */
    public static void main(String[] args) {
        System.exit(run(args, System.out, System.err));
    }

    static int run(String[] args, PrintStream out, PrintStream err) {
        try {
            if (args.length != 3) {
                throw new IllegalArgumentException("3 arguments are needed");
            }
            ClientConfig config = ClientConfig.of(args[0]).withService("leader-example");
            try (LeaderService service = new LeaderService(Integer.parseInt(args[1]), args[2], out)) {
                // Without it the others would wait for the session's time-out until they know.
                Runtime.getRuntime().addShutdownHook(new Thread(service::close));
                service.start(config);
                service.ended.await();
            }
        } catch (IllegalArgumentException | ConfigException e) {
            err.println("usage: LeaderService coordinators index address; " + e.getMessage());
            return 2;
        } catch (CoordinatorException e) {
            err.println(e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            err.println("interrupted");
        }
        return 1;
    }

    /** Joins the service, and claims the lead. */
    void start(ClientConfig config) {
        client.connect(config);
        client.join(index, address);
        claim(1);
    }

    /** Leaves the service at once. */
    @Override
    public void close() {
        client.close();
    }

    private void claim(int epoch) {
        claimed = epoch;
        client.electLeader(epoch);
    }

    @Override
    public void onBecomeLeader(RaftClientImp raftClient) {
        out.println("onBecomeLeader: I lead in epoch " + claimed);
        try {
            // With the epoch: had this process slept since it won, another might lead by now, and be written there.
            raftClient.setSlot(LEADER_SLOT, address, claimed);
        } catch (CoordinatorException e) {
            out.println("the slot was not set: " + e.getMessage());
        }
    }

    @Override
    public void onSelectLeaderFailed(RaftClientImp raftClient) {
        Leadership now = raftClient.leadership();
        out.println("onSelectLeaderFailed: epoch " + claimed + " is not above " + now.epoch());
        if (now.isVacant()) {
            claim(now.epoch() + 1);
        }
    }

    @Override
    public void onLeaderFailed(int epoch) {
        out.println("onLeaderFailed: the leader of epoch " + epoch + " left");
        claim(epoch + 1);
    }

    @Override
    public void onMemberJoin(int idx, String memberAddress) {
        out.println("onMemberJoin: " + memberAddress + " with index " + idx);
    }

    @Override
    public void onMemberLeave(String memberAddress) {
        out.println("onMemberLeave: " + memberAddress);
    }

    @Override
    public void onSlotChanged(int idx, @Nullable String info) {
        out.println("onSlotChanged: slot " + idx + " is " + info);
    }

    @Override
    public void onDeposed(int epoch) {
        out.println("onDeposed: I no longer lead in epoch " + epoch);
    }

    @Override
    public void onConnectionSuspended() {
        out.println("onConnectionSuspended: looking for another coordinator node");
    }

    @Override
    public void onConnectionResumed() {
        out.println("onConnectionResumed");
    }

    @Override
    public void onSessionLost(String why) {
        out.println("onSessionLost: " + why);
        ended.countDown();
    }
}
