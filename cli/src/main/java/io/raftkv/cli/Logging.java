package io.raftkv.cli;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.encoder.PatternLayoutEncoder;
import ch.qos.logback.classic.spi.Configurator;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.ConsoleAppender;
import ch.qos.logback.core.spi.ContextAwareBase;
import org.slf4j.Logger;

/**
 * Logs go to standard error: those of nodes from INFO on, those of short commands only if something is wrong. The
 * level is set by {@code RAFTKV_LOG_LEVEL}; everything else by a file named in {@code -Dlogback.configurationFile}.
 *
 * <p>In code and not in XML, because parsing that takes as long as all else that a short command does.
 */
public final class Logging extends ContextAwareBase implements Configurator {
    private static final String LEVEL = "raftkv.log.level";
    private static final String NODE_PATTERN = "%d{HH:mm:ss.SSS} %-5level %logger{0}: %msg%n";
    private static final String COMMAND_PATTERN = "%-5level %logger{0}: %msg%n%nopex";

    /** Must be called before the first logger is made. */
    public static void configure(boolean node) {
        String wanted = System.getenv("RAFTKV_LOG_LEVEL");
        System.setProperty(LEVEL, wanted != null ? wanted : node ? "INFO" : "ERROR");
        System.setProperty(LEVEL + ".pattern", node ? NODE_PATTERN : COMMAND_PATTERN);
    }

    @Override
    public ExecutionStatus configure(LoggerContext context) {
        String level = System.getProperty(LEVEL);
        if (level == null || System.getProperty("logback.configurationFile") != null) {
            return ExecutionStatus.INVOKE_NEXT_IF_ANY;
        }
        PatternLayoutEncoder encoder = new PatternLayoutEncoder();
        encoder.setContext(context);
        encoder.setPattern(System.getProperty(LEVEL + ".pattern", NODE_PATTERN));
        encoder.start();
        ConsoleAppender<ILoggingEvent> appender = new ConsoleAppender<>();
        appender.setContext(context);
        appender.setTarget("System.err");
        appender.setEncoder(encoder);
        appender.start();
        ch.qos.logback.classic.Logger root = context.getLogger(Logger.ROOT_LOGGER_NAME);
        root.setLevel(Level.WARN);
        root.addAppender(appender);
        context.getLogger("io.raftkv").setLevel(Level.toLevel(level, Level.INFO));
        if (Level.toLevel(level, Level.INFO).isGreaterOrEqual(Level.INFO)) {
            // JGroups warns of every peer that it tries in vain; what matters of that the coordinator says itself.
            context.getLogger("org.jgroups").setLevel(Level.OFF);
            context.getLogger("io.raftkv.coordinator.jgroups.NeighbourPing").setLevel(Level.OFF);
        }
        if (Level.toLevel(level, Level.INFO).isGreaterOrEqual(Level.ERROR)) {
            root.setLevel(Level.ERROR);
        }
        return ExecutionStatus.DO_NOT_INVOKE_NEXT_IF_ANY;
    }
}
