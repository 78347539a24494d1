/**
 * This server's place in the cluster: who it is, which shards it has, where the others are, and what of it is kept on disk
 * so that it serves without the coordinator.
 *
 * <p>{@link io.raftkv.kvserver.cluster.Membership} talks to the coordinator on a thread of its own; what it learns stands
 * in {@link io.raftkv.kvserver.cluster.ShardTable}, which everybody else reads. Commands are not here.
 */
@NullMarked
package io.raftkv.kvserver.cluster;

import org.jspecify.annotations.NullMarked;
