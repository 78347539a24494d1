package io.raftkv.callback;

import io.raftkv.resp.RespValue;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * From event messages to callbacks.
 *
 * <p>Threads: the client's loop.
 */
final class Events {
    private static final Logger log = LoggerFactory.getLogger(Events.class);

    private final Session session;
    private final Elections elections;
    private final Callbacks callbacks;

    Events(Session session, Elections elections, Callbacks callbacks) {
        this.session = session;
        this.elections = elections;
        this.callbacks = callbacks;
    }

    /** An event came, for the first time; throws one of several exceptions if it makes no sense. */
    void tell(String kind, List<RespValue> args) {
        switch (kind) {
            case "member-join" -> {
                int idx = integer(args.get(0));
                String address = args.get(1).asText();
                callbacks.post(user -> user.onMemberJoin(idx, address));
            }
            case "member-leave" -> {
                String address = args.get(0).asText();
                callbacks.post(user -> user.onMemberLeave(address));
            }
            case "leader-failed" -> {
                int epoch = integer(args.get(0));
                session.leads(epoch, 0);
                callbacks.post(user -> user.onLeaderFailed(epoch));
            }
            case "deposed" -> {
                int epoch = integer(args.get(0));
                elections.deposed(epoch);
                callbacks.post(user -> user.onDeposed(epoch));
            }
            case "slot" -> {
                int idx = integer(args.get(0));
                String info = Answers.nullableText(args.get(1));
                callbacks.post(user -> user.onSlotChanged(idx, info));
            }
            case "map" -> {
                long version = args.get(0).asLong();
                callbacks.post(user -> user.onShardMapChanged(version));
            }
            // A newer coordinator may tell more than this client knows of.
            default -> log.debug("event '{}' is not known", kind);
        }
    }

    private static int integer(RespValue value) {
        return Math.toIntExact(value.asLong());
    }
}
