package io.raftkv.coordinator;

import io.raftkv.config.CoordinatorConfig;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Ports for nodes that must know theirs before they listen: from below those that the system gives to whoever connects,
 * which may be taken again before the node listens, and none twice.
 */
public final class FreePorts {
    private static final int FIRST = 11_000;
    private static final int COUNT = 10_000;

    private static final Set<Integer> GIVEN = ConcurrentHashMap.newKeySet();

    private FreePorts() {}

    /** A port; the one for JGroups that follows from it is free too. */
    public static int next() {
        SplittableRandom random = new SplittableRandom();
        while (true) {
            int port = FIRST + random.nextInt(COUNT);
            if (isFree(port) && isFree(CoordinatorConfig.jgroupsPortOf(port)) && GIVEN.add(port)) {
                return port;
            }
        }
    }

    private static boolean isFree(int port) {
        try (ServerSocket socket = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
            return socket.isBound();
        } catch (IOException taken) {
            return false;
        }
    }
}
