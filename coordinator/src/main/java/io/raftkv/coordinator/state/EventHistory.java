package io.raftkv.coordinator.state;

import io.raftkv.coordinator.wire.WireReader;
import io.raftkv.coordinator.wire.WireWriter;
import io.raftkv.raft.Bytes;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;

/**
 * The last events of a service, bounded by number and by size, so that a session which moves to another node misses none.
 *
 * <p>Threads: the group's loop.
 */
final class EventHistory {
    private final Deque<Event> events = new ArrayDeque<>();
    private long lastSeq;
    private long bytes;

    long lastSeq() {
        return lastSeq;
    }

    void add(Event.Kind kind, List<Bytes> args, long only, long except) {
        Event event = new Event(++lastSeq, kind, args, only, except);
        events.addLast(event);
        bytes += event.bytes();
        while (events.size() > Limits.MAX_HISTORY_EVENTS || (bytes > Limits.MAX_HISTORY_BYTES && events.size() > 1)) {
            bytes -= events.removeFirst().bytes();
        }
    }

    /** Whether every event after {@code seq} is still here. */
    boolean reachesBackTo(long seq) {
        return seq >= lastSeq - events.size();
    }

    /** The events after {@code seq}, oldest first. */
    List<Event> after(long seq) {
        List<Event> missed = new ArrayList<>();
        Iterator<Event> newestFirst = events.descendingIterator();
        while (newestFirst.hasNext()) {
            Event event = newestFirst.next();
            if (event.seq() <= seq) {
                break;
            }
            missed.add(event);
        }
        java.util.Collections.reverse(missed);
        return missed;
    }

    EventHistory copy() {
        EventHistory copy = new EventHistory();
        copy.events.addAll(events);
        copy.lastSeq = lastSeq;
        copy.bytes = bytes;
        return copy;
    }

    void write(WireWriter out) {
        out.i64(lastSeq).list(events, Event::write);
    }

    static EventHistory read(WireReader in) {
        EventHistory history = new EventHistory();
        history.lastSeq = in.i64();
        history.events.addAll(in.list(Event::read));
        history.events.forEach(event -> history.bytes += event.bytes());
        return history;
    }
}
