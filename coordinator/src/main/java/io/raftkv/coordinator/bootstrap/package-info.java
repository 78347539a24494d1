/**
 * How a cluster of coordinator nodes comes to be, and how a node remembers it. {@link
 * io.raftkv.coordinator.bootstrap.Bootstrap} decides, {@link io.raftkv.coordinator.bootstrap.NodeFiles} remembers, {@link
 * io.raftkv.coordinator.bootstrap.Hello} is what nodes tell each other. Knows nothing of how hellos travel.
 */
@NullMarked
package io.raftkv.coordinator.bootstrap;

import org.jspecify.annotations.NullMarked;
