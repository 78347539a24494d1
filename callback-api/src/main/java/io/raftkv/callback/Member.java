package io.raftkv.callback;

/**
 * A client that joined a service and whose session lives.
 *
 * @param session its session
 * @param idx the index it joined with
 * @param address the address it joined with, as it was given
 * @param leader whether it leads the service
 * @param epoch the epoch in which it leads, or 0 if it does not
 */
public record Member(long session, int idx, String address, boolean leader, int epoch) {}
