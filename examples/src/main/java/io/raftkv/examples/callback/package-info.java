/** A service whose instances agree on a leader by the coordinator: how to implement {@code RaftCallBack}. */
@NullMarked
package io.raftkv.examples.callback;

import org.jspecify.annotations.NullMarked;
