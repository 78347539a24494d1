package io.raftkv.cli;

/** What the process ends with. */
public final class ExitCode {
    /** The command did what it was asked. */
    public static final int OK = 0;
    /** The command, or one of its lines, failed. */
    public static final int FAILED = 1;
    /** The command line or a configuration file is wrong. */
    public static final int USAGE = 2;

    private ExitCode() {}
}
