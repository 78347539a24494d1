/**
 * A remote procedure call on {@code resp} alone: {@link io.raftkv.examples.rpc.Provider} offers GETFRIENDS, {@link
 * io.raftkv.examples.rpc.Consumer} calls it. No coordinator and no replication are needed; redis-cli can call it too.
 */
@NullMarked
package io.raftkv.examples.rpc;

import org.jspecify.annotations.NullMarked;
