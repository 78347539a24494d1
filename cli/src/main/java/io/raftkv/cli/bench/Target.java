package io.raftkv.cli.bench;

import io.raftkv.config.HostPort;
import io.raftkv.resp.RespValue;

/** Whom the load goes to. Threads: any. */
interface Target {
    /** The server that a key's commands go to. */
    HostPort serverOf(byte[] key);

    /** A server refused a command on this key; where its commands go may change by that. */
    void refused(byte[] key, RespValue.Error error);

    /** This server cannot be reached, or does not answer: the key's commands may go to another from now on. */
    void lost(byte[] key, HostPort server);

    /** Replicas that must have a write before it counts: after the writes of a batch, WAIT is sent; 0: it is not. */
    int waitReplicas();
}
