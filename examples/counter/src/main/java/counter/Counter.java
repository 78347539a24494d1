package counter;

import io.raftkv.raft.Bytes;
import io.raftkv.raft.SmallStateMachine;

/** Counts. A command is the number to count to next, so one that is repeated, its outcome being unknown, counts once. */
final class Counter implements SmallStateMachine {
    private long value;

    static Bytes countTo(long number) {
        return Bytes.utf8(Long.toString(number));
    }

    long value() {
        return value;
    }

    @Override
    public Object apply(long index, long timeMs, Bytes command) {
        if (Long.parseLong(command.toUtf8()) == value + 1) {
            value++;
        }
        return value;
    }

    @Override
    public byte[] save() {
        return countTo(value).toArray();
    }

    @Override
    public void restore(byte[] state) {
        value = Long.parseLong(Bytes.wrap(state).toUtf8());
    }
}
