package io.raftkv.config;

import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/**
 * An address: a host name or IP address, and a port.
 *
 * <p>Threads: immutable.
 *
 * @param host a name, an IPv4 address, or an IPv6 address without brackets
 * @param port {@code [0, 65535]}; 0 stands for any free port and makes sense only where one listens
 */
public record HostPort(String host, int port) {
    /** The forms that {@link #parse} takes, for error texts. */
    public static final String ALLOWED =
            "allowed: host:port, :port (the host is then 127.0.0.1) or [IPv6 address]:port, the port 0 to 65535";

    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?");
    private static final Pattern IPV6 = Pattern.compile("[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*(%[A-Za-z0-9._-]+)?");

    public HostPort {
        if (port < 0 || port > 65535) {
            throw new IllegalArgumentException("the port " + port + " is out of range; " + ALLOWED);
        }
        if (!NAME.matcher(host).matches() && !IPV6.matcher(host).matches()) {
            throw new IllegalArgumentException("'" + host + "' is no host; " + ALLOWED);
        }
    }

    /**
     * Reads {@code host:port}, {@code :port} (the host is then 127.0.0.1) or {@code [IPv6]:port}.
     *
     * @throws IllegalArgumentException if it is none of these; the message says what is allowed
     */
    public static HostPort parse(String text) {
        int colon = text.lastIndexOf(':');
        if (colon < 0) {
            throw new IllegalArgumentException("'" + text + "' has no port; " + ALLOWED);
        }
        String port = text.substring(colon + 1);
        if (!port.matches("[0-9]{1,5}")) {
            throw new IllegalArgumentException("'" + text + "' has no number as its port; " + ALLOWED);
        }
        return new HostPort(host(text.substring(0, colon), text), Integer.parseInt(port));
    }

    private static String host(String host, String text) {
        if (host.isEmpty()) {
            return "127.0.0.1";
        }
        if (host.startsWith("[")
                && host.endsWith("]")
                && IPV6.matcher(host.substring(1, host.length() - 1)).matches()) {
            return host.substring(1, host.length() - 1);
        }
        if (!NAME.matcher(host).matches()) {
            throw new IllegalArgumentException("'" + text + "' has no valid host; " + ALLOWED);
        }
        return host;
    }

    /**
     * Reads a list separated by commas, blanks around them allowed.
     *
     * @throws IllegalArgumentException if an item is no address, or there is none
     */
    public static List<HostPort> parseList(String text) {
        List<HostPort> list = new ArrayList<>();
        for (String item : text.split(",", -1)) {
            list.add(parse(item.strip()));
        }
        return List.copyOf(list);
    }

    /** The same host with another port. */
    public HostPort withPort(int other) {
        return new HostPort(host, other);
    }

    /** For connecting and listening; resolves a name, which may block. */
    public InetSocketAddress socketAddress() {
        return new InetSocketAddress(host, port);
    }

    /** {@code host:port}, an IPv6 address in brackets; {@link #parse} reads it back. */
    @Override
    public String toString() {
        return (host.indexOf(':') < 0 ? host : "[" + host + "]") + ":" + port;
    }
}
