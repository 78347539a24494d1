/**
 * A coordinator node: {@link io.raftkv.coordinator.Coordinator} starts one. What the nodes replicate is in {@code state},
 * how they reach each other in {@code jgroups}, how a cluster comes to be in {@code bootstrap}, and how clients are served
 * in {@code front}.
 */
@NullMarked
package io.raftkv.coordinator;

import org.jspecify.annotations.NullMarked;
