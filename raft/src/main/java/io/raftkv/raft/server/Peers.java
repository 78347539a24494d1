package io.raftkv.raft.server;

import java.net.InetSocketAddress;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** Where the servers of a cluster are, by their ids. Threads: any. */
final class Peers {
    private final Map<Long, InetSocketAddress> addresses = new ConcurrentHashMap<>();

    /** @param address host and port; the host is resolved each time a link is opened, so it may move */
    void put(long server, String address) {
        if (server == 0) {
            throw new IllegalArgumentException("no server has the id 0; it was given to " + address);
        }
        addresses.put(server, parse(address));
    }

    @Nullable
    InetSocketAddress addressOf(long server) {
        return addresses.get(server);
    }

    SortedSet<Long> ids() {
        return new TreeSet<>(addresses.keySet());
    }

    /** Two servers at one address would be one that votes twice. */
    void checkDistinct() {
        Map<InetSocketAddress, Long> seen = new ConcurrentHashMap<>();
        addresses.forEach((server, address) -> {
            Long other = seen.put(address, server);
            if (other != null) {
                throw new IllegalArgumentException("servers " + Math.min(server, other) + " and "
                        + Math.max(server, other) + " have the same address " + address.getHostString() + ":"
                        + address.getPort());
            }
        });
    }

    /** {@code host:port}, {@code [v6]:port}; the port may be 0 only where a server listens. */
    static InetSocketAddress parse(String address) {
        int colon = address.lastIndexOf(':');
        String host = colon < 0 ? "" : address.substring(0, colon);
        if (host.startsWith("[") && host.endsWith("]")) {
            host = host.substring(1, host.length() - 1);
        } else if (host.contains(":")) {
            host = "";
        }
        int port = -1;
        try {
            port = Integer.parseInt(address.substring(colon + 1));
        } catch (NumberFormatException e) {
            // Said below, with what is allowed.
        }
        if (host.isBlank() || port < 0 || port > 65535) {
            throw new IllegalArgumentException("\"" + address
                    + "\" is no address; write host:port with a port in [0, 65535], such as 10.0.0.1:7001");
        }
        return InetSocketAddress.createUnresolved(host, port);
    }
}
