package io.raftkv.raft.driver;

import io.raftkv.raft.EventLoop;
import io.raftkv.raft.core.Input;
import io.raftkv.raft.core.Message;
import io.raftkv.raft.core.Message.Envelope;
import io.raftkv.raft.transport.FrameCodec;
import io.raftkv.raft.transport.FrameCodec.BadFrameException;
import io.raftkv.raft.transport.Transport;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Opens the frames of other servers and gives each group its messages. One to a replica that is not here is no matter of any
 * group: it may be an invitation, or need an answer all the same.
 *
 * <p>Threads: any; groups get their messages on their loops.
 */
final class IncomingMail implements Transport.Receiver {
    private final RaftNode node;
    private final RaftNodeOptions options;
    private final PeerLiveness liveness;

    IncomingMail(RaftNode node, PeerLiveness liveness) {
        this.node = node;
        this.options = node.options();
        this.liveness = liveness;
    }

    @Override
    public void received(long server, ByteBuffer frame) {
        if (node.isStopped()) {
            return;
        }
        List<Envelope> envelopes = new ArrayList<>();
        try {
            FrameCodec.decode(server, options.serverId(), frame, new FrameCodec.Contents() {
                @Override
                public void message(Envelope envelope) {
                    envelopes.add(envelope);
                }

                @Override
                public void signOfLife(long life) {
                    RaftNode.onLoop(options.loops().get(0), () -> liveness.heard(server, life));
                }
            });
        } catch (BadFrameException e) {
            dropped("frame from " + Long.toHexString(server) + ": " + e.getMessage());
            return;
        }
        if (options.loops().size() == 1) {
            RaftNode.onLoop(options.loops().get(0), () -> envelopes.forEach(this::deliver));
            return;
        }
        Map<EventLoop, List<Envelope>> byLoop = new LinkedHashMap<>();
        for (Envelope envelope : envelopes) {
            byLoop.computeIfAbsent(node.workerOf(envelope.groupId()).loop(), loop -> new ArrayList<>())
                    .add(envelope);
        }
        byLoop.forEach((loop, mail) -> RaftNode.onLoop(loop, () -> mail.forEach(this::deliver)));
    }

    private void dropped(String why) {
        options.metrics().dropped(why);
        options.observer().dropped(why);
    }

    private void deliver(Envelope envelope) {
        GroupRunner group = node.group(envelope.groupId());
        if (group == null || !envelope.to().equals(group.self())) {
            if (envelope.to().incarnation() <= node.log().dropped(envelope.groupId())
                    && answeredForDropped(envelope, group)) {
                return;
            }
            invite(envelope, group);
            dropped("message for " + envelope.to() + " of group " + envelope.groupId());
            return;
        }
        group.receive(envelope.from(), envelope.message());
    }

    /** A leader sends again until it is answered, so nothing is lost but time. */
    private void invite(Envelope envelope, @Nullable GroupRunner group) {
        boolean fromLeader = envelope.message() instanceof Message.AppendEntries
                || envelope.message() instanceof Message.InstallSnapshot;
        long known = group == null
                ? node.log().dropped(envelope.groupId())
                : group.self().incarnation();
        if (fromLeader && envelope.to().incarnation() > known) {
            options.onInvited().invited(envelope.groupId(), envelope.to());
        }
    }

    /** The replica that is addressed was dropped, but some messages to it must not be lost on its server. */
    private boolean answeredForDropped(Envelope envelope, @Nullable GroupRunner group) {
        if (envelope.message() instanceof Message.Removed removed) {
            // It knows better than anybody; who tells it would go on for ever.
            Message known = new Message.RemovedResponse(removed.term(), removed.configurationIndex());
            node.workerOf(envelope.groupId()).answerFor(envelope, known);
            return true;
        }
        if (group != null) {
            // From one with an old configuration, that perhaps does not know that it left either.
            group.input(new Input.Stray(envelope.from()));
            return true;
        }
        return false;
    }

    @Override
    public void linkChanged(long server, boolean up) {
        if (!up) {
            node.groups().forEach(group -> RaftNode.onLoop(group.loop(), () -> group.linkDown(server)));
        }
    }
}
