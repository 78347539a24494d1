package io.raftkv.raft.sim;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** Exactly once, under all faults; see {@link SimSessions} and, for the system properties, {@link Simulator}. */
class SessionSimulationTest {
    private static final Simulator SIMULATOR = Simulator.of(SessionWorkload::new, SessionSimulationTest.class);

    @Test
    void noSeedExecutesTwiceOrForgets() throws Exception {
        Report report = SIMULATOR.run(60);
        System.out.printf(
                "sessions: %s%nsessions: %d sessions, %d expired under their clients, %d commands done, %d copies%n",
                report,
                report.sum(run -> run.sessions),
                report.sum(run -> run.sessionsLost),
                report.sum(run -> run.sessionCommands),
                report.sum(run -> run.sessionCopies));
        if (report.runs() < 20) {
            // Too few for shares.
            return;
        }
        assertThat(report.sum(run -> run.sessionCommands) / report.runs())
                .as("commands done in sessions in a run")
                .isGreaterThan(100);
        assertThat(report.runsWith(run -> run.sessionCopies)).isGreaterThan(report.runs() / 2);
        assertThat(report.runsWith(run -> run.sessionsLost)).isGreaterThan(report.runs() / 4);
    }
}
