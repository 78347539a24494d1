package io.raftkv.cli.bench;

import io.raftkv.config.HostPort;
import io.raftkv.resp.RespValue;

/** One Redis server, which may be asked to WAIT for its replicas. Threads: immutable. */
record RedisTarget(HostPort server, int waitReplicas) implements Target {
    @Override
    public HostPort serverOf(byte[] key) {
        return server;
    }

    @Override
    public void refused(byte[] key, RespValue.Error error) {
        // There is nowhere else to go; the error is counted.
    }

    @Override
    public void lost(byte[] key, HostPort gone) {
        // As above.
    }
}
