package io.raftkv.resp;

import io.netty.channel.Channel;
import java.util.function.Consumer;

/** A protocol that shares the port, told by the first byte of a connection. */
record OtherProtocol(byte firstByte, Consumer<Channel> installer) {}
