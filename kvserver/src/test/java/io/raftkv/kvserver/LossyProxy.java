package io.raftkv.kvserver;

import io.raftkv.config.HostPort;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Stands before a server and breaks connections of its clients now and then, each time in place of an answer that the server
 * gave. Links of peers are left alone.
 */
final class LossyProxy implements AutoCloseable {
    private static final int PEER = 0xF7;

    private final ServerSocket socket;
    private final HostPort target;
    private final int oneOf;
    private final AtomicLong lost = new AtomicLong();
    private final Set<Socket> open = ConcurrentHashMap.newKeySet();
    private final ExecutorService threads = Executors.newCachedThreadPool();

    /** @param oneOf so many answers (what comes in one piece) are lost, about */
    LossyProxy(HostPort address, HostPort target, int oneOf) throws IOException {
        this.socket = new ServerSocket(address.port(), 50, InetAddress.getByName(address.host()));
        this.target = target;
        this.oneOf = oneOf;
        threads.execute(this::accept);
    }

    long lost() {
        return lost.get();
    }

    private void accept() {
        while (!socket.isClosed()) {
            try {
                Socket client = socket.accept();
                open.add(client);
                threads.execute(() -> connect(client));
            } catch (IOException closed) {
                return;
            }
        }
    }

    private void connect(Socket client) {
        try (client;
                Socket server = new Socket(target.host(), target.port())) {
            open.add(server);
            client.setTcpNoDelay(true);
            server.setTcpNoDelay(true);
            int first = client.getInputStream().read();
            if (first >= 0) {
                server.getOutputStream().write(first);
                threads.execute(() -> {
                    try (client;
                            server) {
                        pump(server, client, first == PEER ? 0 : oneOf);
                    } catch (IOException broken) {
                        // So is the other direction.
                    }
                });
                pump(client, server, 0);
            }
        } catch (IOException broken) {
            // As it is told to both by the end of their connections.
        }
        open.remove(client);
    }

    private void pump(Socket from, Socket to, int lossOneOf) throws IOException {
        Random random = new Random(from.getLocalPort());
        byte[] buffer = new byte[1 << 16];
        InputStream in = from.getInputStream();
        OutputStream out = to.getOutputStream();
        for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
            if (lossOneOf > 0 && random.nextInt(lossOneOf) == 0) {
                lost.incrementAndGet();
                return;
            }
            out.write(buffer, 0, count);
        }
    }

    @Override
    public void close() throws IOException {
        socket.close();
        for (Socket each : open) {
            each.close();
        }
        threads.shutdown();
    }
}
