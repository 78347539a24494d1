package io.raftkv.kvserver.service;

import java.nio.charset.StandardCharsets;

/** The release of this server. */
final class Version {
    private Version() {}

    static String text() {
        String version = Version.class.getPackage().getImplementationVersion();
        return version == null ? "development" : version;
    }

    static byte[] bytes() {
        return text().getBytes(StandardCharsets.UTF_8);
    }
}
