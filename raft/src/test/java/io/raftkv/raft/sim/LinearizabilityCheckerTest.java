package io.raftkv.raft.sim;

import static org.assertj.core.api.Assertions.assertThat;

import io.raftkv.raft.sim.KvCommand.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class LinearizabilityCheckerTest {
    private static final KvWorkload KV = new KvWorkload();
    private static final long UNKNOWN = Operation.NEVER;

    private static Operation<KvCommand> get(long called, long returned, String result) {
        return operation(Kind.GET, null, null, called, returned, result);
    }

    private static Operation<KvCommand> put(String value, long called, long returned, String before) {
        return operation(Kind.PUT, value, null, called, returned, before);
    }

    private static Operation<KvCommand> append(String value, long called, long returned, String before) {
        return operation(Kind.APPEND, value, null, called, returned, before);
    }

    private static Operation<KvCommand> cas(String expected, String value, long called, long returned, String before) {
        return operation(Kind.CAS, value, expected, called, returned, before);
    }

    private static Operation<KvCommand> delete(long called, long returned, String before) {
        return operation(Kind.DELETE, null, null, called, returned, before);
    }

    private static Operation<KvCommand> operation(
            Kind kind, String value, String expected, long called, long returned, String before) {
        return new Operation<>(0, new KvCommand(kind, "k", value, expected), called, returned, before);
    }

    @SafeVarargs
    @SuppressWarnings("varargs") // List.of only reads it.
    private static void good(Operation<KvCommand>... history) {
        assertThat(LinearizabilityChecker.check(List.of(history), KV)).isEmpty();
    }

    @SafeVarargs
    @SuppressWarnings("varargs") // List.of only reads it.
    private static void bad(Operation<KvCommand>... history) {
        assertThat(LinearizabilityChecker.check(List.of(history), KV)).isPresent();
    }

    @Test
    void acceptsOneAfterTheOther() {
        good(
                get(1, 2, null),
                put("a", 3, 4, null),
                append("b", 5, 6, "a"),
                cas("a,b", "c", 7, 8, "a,b"),
                cas("x", "d", 9, 10, "c"),
                delete(11, 12, "c"),
                get(13, 14, null));
    }

    @Test
    void acceptsReadsOnEitherSideOfAnOverlappingWrite() {
        good(put("a", 1, 10, null), get(2, 3, null), get(4, 5, "a"));
    }

    @Test
    void refusesReadsThatGoBackDuringAnOverlappingWrite() {
        bad(put("a", 1, 10, null), get(2, 3, "a"), get(4, 5, null));
    }

    @Test
    void refusesStaleRead() {
        bad(put("a", 1, 2, null), put("b", 3, 4, "a"), get(5, 6, "a"));
    }

    @Test
    void refusesLostWrite() {
        bad(put("a", 1, 2, null), get(3, 4, null));
        bad(append("a", 1, 2, null), append("b", 3, 4, "a"), append("c", 5, 6, "b"));
    }

    @Test
    void refusesReadOfWhatNobodyWrote() {
        bad(put("a", 1, 2, null), get(3, 4, "z"));
    }

    @Test
    void refusesReadFromTheFuture() {
        bad(get(1, 2, "a"), put("a", 3, 4, null));
    }

    @Test
    void refusesDuplicatedAppend() {
        bad(append("a", 1, 2, null), append("b", 3, 4, "a"), get(5, 6, "a,b,b"));
        bad(append("a", 1, UNKNOWN, null), get(5, 6, "a,a"));
    }

    @Test
    void refusesReorderedCas() {
        good(put("a", 1, 2, null), cas("a", "b", 3, 20, "a"), cas("b", "c", 4, 19, "b"), get(21, 22, "c"));
        bad(put("a", 1, 2, null), cas("b", "c", 3, 4, "b"), cas("a", "b", 5, 6, "a"), get(7, 8, "c"));
    }

    @Test
    void refusesTwoSuccessesOfTheSameCas() {
        bad(put("a", 1, 2, null), cas("a", "b", 3, 9, "a"), cas("a", "c", 3, 9, "a"));
    }

    @Test
    void letsUnknownWriteHappenLateOrNever() {
        good(put("a", 1, UNKNOWN, null), get(2, 3, null), get(50, 51, null));
        good(put("a", 1, UNKNOWN, null), get(2, 3, null), get(50, 51, "a"));
        good(put("a", 1, 2, null), delete(3, UNKNOWN, null), get(4, 5, "a"), get(6, 7, null));
    }

    @Test
    void refusesUnknownWriteThatHappensTwiceOrBeforeItsCall() {
        bad(put("a", 5, UNKNOWN, null), get(1, 2, "a"));
        bad(put("a", 1, UNKNOWN, null), get(2, 3, "a"), put("b", 4, 5, "a"), get(6, 7, "b"), get(8, 9, "a"));
        bad(put("a", 1, 2, null), delete(3, UNKNOWN, null), get(4, 5, null), get(6, 7, "a"));
    }

    @Test
    void followsUnknownWritesThatOnlyLaterOnesShow() {
        good(put("a", 1, UNKNOWN, null), cas("a", "b", 2, UNKNOWN, null), get(3, 4, "b"));
        good(append("a", 1, UNKNOWN, null), append("b", 2, UNKNOWN, null), get(3, 4, "b,a"), get(5, 6, "b,a"));
        bad(append("a", 1, UNKNOWN, null), append("b", 2, UNKNOWN, null), get(3, 4, "b,a"), get(5, 6, "a,b"));
    }

    @Test
    void keysAreIndependent() {
        Operation<KvCommand> other = new Operation<>(1, new KvCommand(Kind.GET, "other", null, null), 1, 2, null);
        good(put("a", 1, 2, null), other, get(3, 4, "a"));
    }

    @Test
    void namesTheKeyAndTheOperations() {
        assertThat(LinearizabilityChecker.check(List.of(put("a", 1, 2, null), get(3, 4, null)), KV))
                .get()
                .asString()
                .contains("on k explains")
                .contains("[3, 4] client 0 GET k -> null");
    }

    /** Histories that a real register made are accepted; the same with one result changed are not. */
    @Test
    void agreesWithARegister() {
        for (int run = 0; run < 200; run++) {
            SplittableRandom random = new SplittableRandom(run);
            List<Operation<KvCommand>> history = randomHistory(random);
            assertThat(LinearizabilityChecker.check(history, KV))
                    .as("run %d", run)
                    .isEmpty();
            int spoiled = random.nextInt(history.size());
            Operation<KvCommand> right = history.get(spoiled);
            if (right.isKnown()) {
                history.set(
                        spoiled,
                        new Operation<>(
                                right.client(),
                                right.input(),
                                right.called(),
                                right.returned(),
                                right.result() + ",x"));
                assertThat(LinearizabilityChecker.check(history, KV))
                        .as("spoiled run %d", run)
                        .isPresent();
            }
        }
    }

    private static List<Operation<KvCommand>> randomHistory(SplittableRandom random) {
        List<Operation<KvCommand>> history = new ArrayList<>();
        String state = null;
        for (int i = 0; i < 300; i++) {
            long point = i * 10L;
            Kind kind = Kind.values()[random.nextInt(5)];
            String value = kind == Kind.GET || kind == Kind.DELETE ? null : "v" + i;
            KvCommand command = new KvCommand(kind, "k", value, kind == Kind.CAS ? state : null);
            boolean known = random.nextInt(20) > 0;
            long called = point - random.nextInt(60);
            long returned = known ? point + random.nextInt(60) : UNKNOWN;
            history.add(new Operation<>(i, command, called, returned, known ? state : null));
            if (known || random.nextBoolean()) {
                state = command.applyTo(state);
            }
        }
        return history;
    }
}
