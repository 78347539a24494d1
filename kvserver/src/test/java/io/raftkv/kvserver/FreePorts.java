package io.raftkv.kvserver;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Ports for servers that must know theirs before they listen: from below those that the system gives to whoever connects,
 * which may be taken again before the server listens, and none twice.
 */
final class FreePorts {
    private static final int FIRST = 11_000;
    private static final int COUNT = 10_000;

    private static final Set<Integer> GIVEN = ConcurrentHashMap.newKeySet();

    private FreePorts() {}

    static int next() {
        SplittableRandom random = new SplittableRandom();
        while (true) {
            int port = FIRST + random.nextInt(COUNT);
            if (isFree(port) && GIVEN.add(port)) {
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
