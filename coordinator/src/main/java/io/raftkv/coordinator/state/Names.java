package io.raftkv.coordinator.state;

import io.raftkv.raft.Bytes;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.SortedMap;

/** What services, members and groups may be called. */
final class Names {
    private static final String DEFAULT_HOST = "127.0.0.1";
    private static final int MAX_PORT = 65_535;

    private Names() {}

    static void checkService(String name) {
        boolean fits = !name.isEmpty()
                && name.length() <= Limits.MAX_NAME_BYTES
                && name.chars().allMatch(c -> c < 128 && (Character.isLetterOrDigit(c) || "._-".indexOf(c) >= 0));
        if (!fits) {
            throw Refusal.error("a service is named by 1.." + Limits.MAX_NAME_BYTES
                    + " letters, digits, dots, underscores or dashes");
        }
    }

    static void checkMemberAddress(Bytes address) {
        if (address.isEmpty() || address.length() > Limits.MAX_ADDRESS_BYTES) {
            throw Refusal.error(
                    "a member's address has 1.." + Limits.MAX_ADDRESS_BYTES + " bytes, not " + address.length());
        }
    }

    static void checkGroups(SortedMap<Integer, List<String>> groups) {
        if (groups.isEmpty()) {
            throw Refusal.error("join needs at least one group");
        }
        Set<String> seen = new HashSet<>(); // Only asked, never walked, so hash order does not show.
        groups.forEach((gid, addresses) -> {
            if (gid < 1) {
                throw Refusal.error("a group's number is 1 or more, not " + gid);
            }
            if (addresses.isEmpty() || addresses.size() > Limits.MAX_GROUP_SERVERS) {
                throw Refusal.error("group " + gid + " needs 1.." + Limits.MAX_GROUP_SERVERS + " addresses, not "
                        + addresses.size());
            }
            for (String address : addresses) {
                if (!seen.add(normalAddress(address))) {
                    throw Refusal.error("address " + address + " is named twice");
                }
            }
        });
    }

    /** One spelling for each address: {@code :8088} is {@code 127.0.0.1:8088}, and so is {@code localhost:08088}. */
    static String normalAddress(String address) {
        int colon = address.lastIndexOf(':');
        String host = colon < 0 ? "" : address.substring(0, colon).toLowerCase(Locale.ROOT);
        if (colon < 0
                || address.getBytes(StandardCharsets.UTF_8).length > Limits.MAX_ADDRESS_BYTES
                || host.chars().anyMatch(c -> c <= ' ' || c == ',' || c == '/')) {
            throw Refusal.error("'" + address + "' is no address; write ip:port or :port");
        }
        String normalHost = host.isEmpty() || host.equals("localhost") ? DEFAULT_HOST : host;
        return normalHost + ":" + port(address, address.substring(colon + 1));
    }

    private static int port(String address, String digits) {
        boolean fits =
                !digits.isEmpty() && digits.length() <= 5 && digits.chars().allMatch(c -> c >= '0' && c <= '9');
        int port = fits ? Integer.parseInt(digits) : 0;
        if (port < 1 || port > MAX_PORT) {
            throw Refusal.error("the port of '" + address + "' must be 1.." + MAX_PORT);
        }
        return port;
    }
}
