package io.raftkv.raft.sim;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import org.slf4j.ILoggerFactory;
import org.slf4j.LoggerFactory;

/** Nodes that die by the thousand have a lot to say; what matters of it is in the trace. */
public final class Logs {
    private Logs() {}

    /** Nothing of the library is logged from now on, in this process. */
    public static void silence() {
        ILoggerFactory factory = LoggerFactory.getILoggerFactory();
        // By name first: other loggers are at home elsewhere, where this class has no Logback to load.
        if (factory.getClass().getName().startsWith("ch.qos.logback")) {
            Logback.silence(factory);
        }
    }

    private static final class Logback {
        static void silence(ILoggerFactory factory) {
            ((LoggerContext) factory).getLogger("io.raftkv.raft").setLevel(Level.OFF);
        }
    }
}
