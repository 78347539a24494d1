package io.raftkv.examples.rpc;

/** {@code host:port} on a command line; an IPv6 host stands in brackets. */
record Address(String host, int port) {
    static Address parse(String text) {
        int colon = text.lastIndexOf(':');
        try {
            String host = text.substring(0, Math.max(colon, 0)).replaceAll("^\\[(.*)]$", "$1");
            int port = Integer.parseInt(text.substring(colon + 1));
            if (!host.isEmpty() && port >= 0 && port <= 65_535) {
                return new Address(host, port);
            }
        } catch (NumberFormatException e) {
            throw wrong(text); // What follows the colon is no number.
        }
        throw wrong(text);
    }

    private static IllegalArgumentException wrong(String text) {
        return new IllegalArgumentException("'" + text + "' is not host:port, such as 127.0.0.1:7788");
    }

    @Override
    public String toString() {
        return (host.contains(":") ? "[" + host + "]" : host) + ":" + port;
    }
}
