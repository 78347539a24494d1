/** RaftKV. */
@NullMarked
package io.raftkv.resp;

import org.jspecify.annotations.NullMarked;
