package io.raftkv.raft.scenario;

import io.raftkv.raft.Bytes;
import io.raftkv.raft.Configuration;
import io.raftkv.raft.ReadMode;
import io.raftkv.raft.ReplicaId;
import io.raftkv.raft.core.CoreOptions;
import io.raftkv.raft.core.Effect;
import io.raftkv.raft.core.Input;
import io.raftkv.raft.core.Message;
import io.raftkv.raft.core.SnapshotMeta;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.stream.IntStream;

/**
 * A cluster of bare cores in which nothing happens by itself: a scenario lets time pass, messages arrive and disks finish.
 *
 * <pre>
 * nodes N [voters=V] [leases=true] [joining=N] [sleep=MS] [append=BYTES] [inflight=N] [cache=BYTES] [tail=BYTES]   starts N empty
 *                             replicas; those after the first V know of no configuration
 * log N term=T [vote=V] terms=1,1,2                 starts replica N with this on its disk
 * timeout N                   lets time pass until the timer of N is due, and fires it
 * tick N                      gives N the time; its timer fires if it is due
 * lead N MS                   lets time pass in which N beats as a leader and everybody answers, without telling of messages
 * wait MS                     lets time pass; no timer fires
 * pause N MS                  lets time pass in which N stands still; its messages and its timer wait
 * propose N TEXT | read N [mode=ANY]   asks replica N
 * change N A,B,C [version=V] | abort N | transfer N A   likewise
 * prefer N A                  N is told that A should lead; nobody in particular if A is 0
 * aside N | resume N          N is told to lead no more | that it may lead again
 * disk N [COUNT] | disk all   finishes the writes under way, or the COUNT oldest
 * stall N | unstall N         the disk of N finishes no write from now on | does again
 * deliver [A->B] [first|last|copy]   delivers messages: all that are under way, or of one link; the first of it, the
 *                             last of it, or the first while it stays under way
 * drop [A->B]                 loses messages under way
 * lease N                     tells whether N holds a lease
 * lost N A                    N is told that the server of A is silent
 * congested [N]               too much waits for N from now on; for nobody
 * isolate N | heal            loses everything from and to N from now on | no more
 * settle                      finishes writes and delivers messages until nothing is left; tells of no messages
 * crash N                     restarts N with what is durable
 * damage N [keep=COUNT]       restarts N without its term and vote and with COUNT entries (0) at most
 * snapshot N                  N stores a snapshot of all it applied
 * sending A->B                A begins to send its snapshot to B
 * install A->B                B gets the snapshot of A
 * status [N] | members [N] | network   tells
 * </pre>
 */
final class Scenario {
    private record Flight(int from, int to, Message message) {}

    private final TreeMap<Integer, ScenarioReplica> replicas = new TreeMap<>();
    private final List<Flight> network = new ArrayList<>();
    private final Set<Integer> isolated = new HashSet<>();
    private final Set<Integer> stalled = new HashSet<>();
    /** Whose state machines apply nothing. */
    private final Set<Integer> slow = new HashSet<>();

    private Set<Long> congested = Set.of();
    private List<String> output = new ArrayList<>();
    private boolean quiet;
    private long nowNanos = 1_000_000_000L;
    private long token;

    /** Returns what happened, a line each. */
    List<String> run(String command) {
        output = new ArrayList<>();
        String[] words = command.trim().split("\\s+");
        dispatch(words[0], Arrays.copyOfRange(words, 1, words.length));
        return output.isEmpty() ? List.of("ok") : output;
    }

    private void dispatch(String verb, String[] words) {
        switch (verb) {
            case "nodes" -> nodes(number(words[0]), words);
            case "log" -> log(number(words[0]), words);
            case "timeout" -> timeout(number(words[0]));
            case "wait" -> nowNanos += number(words[0]) * 1_000_000L;
            case "pause" -> {
                nowNanos += number(words[1]) * 1_000_000L;
                step(number(words[0]), new Input.Paused());
            }
            case "propose" -> step(number(words[0]), new Input.Propose(token++, 0, List.of(Bytes.utf8(words[1]))));
            case "change" ->
                step(
                        number(words[0]),
                        new Input.ChangeMembers(
                                token++, new TreeSet<>(ids(words[1])), number(option(words, "version", "1"))));
            case "abort" -> step(number(words[0]), new Input.AbortChange(token++));
            case "transfer" ->
                step(number(words[0]), new Input.TransferLeadership(ScenarioReplica.id(number(words[1]))));
            case "prefer" ->
                step(
                        number(words[0]),
                        new Input.PreferLeader(number(words[1]) == 0 ? null : ScenarioReplica.id(number(words[1]))));
            case "aside" -> step(number(words[0]), new Input.StandAside(true));
            case "resume" -> step(number(words[0]), new Input.StandAside(false));
            case "read" ->
                step(number(words[0]), new Input.Read(token++, ReadMode.valueOf(option(words, "mode", "LEADER"))));
            case "tick" -> step(number(words[0]), new Input.Tick());
            case "lead" -> lead(number(words[0]), nowNanos + number(words[1]) * 1_000_000L);
            case "disk" -> disk(words);
            case "stall" -> stalled.add(number(words[0]));
            case "unstall" -> stalled.remove(number(words[0]));
            case "deliver" -> deliver(words);
            case "lost" -> step(number(words[0]), new Input.LinkDown(ScenarioReplica.id(number(words[1]))));
            case "lease" -> lease(number(words[0]));
            case "drop" -> network.removeIf(onLink(words));
            case "isolate" -> isolated.add(number(words[0]));
            case "congested" -> congested = words.length == 0 ? Set.of() : Set.of(Long.parseLong(words[0]));
            case "slow" -> slow.add(number(words[0]));
            case "fast" -> {
                slow.remove(number(words[0]));
                replica(number(words[0]))
                        .core()
                        .appliedTo(replica(number(words[0])).core().commitIndex());
            }
            case "heal" -> isolated.clear();
            case "settle" -> settle();
            case "crash" -> replica(number(words[0])).restart(nowNanos);
            case "damage" -> replica(number(words[0])).lose(number(option(words, "keep", "0")), nowNanos);
            case "snapshot" -> snapshot(number(words[0]));
            case "sending" -> sending(link(words[0]));
            case "install" -> install(link(words[0]));
            case "status" ->
                chosen(words.length == 0 ? "all" : words[0])
                        .forEach(id -> output.add(replica(id).describe()));
            case "members" ->
                chosen(words.length == 0 ? "all" : words[0])
                        .forEach(id -> output.add(id + ": "
                                + ScenarioText.members(replica(id).core().configuration())));
            case "network" -> network.forEach(flight -> output.add(text(flight)));
            default -> throw new IllegalArgumentException("no such command: " + verb);
        }
    }

    private static int number(String word) {
        return Integer.parseInt(word);
    }

    private static String option(String[] words, String name, String otherwise) {
        for (String word : words) {
            if (word.startsWith(name + "=")) {
                return word.substring(name.length() + 1);
            }
        }
        return otherwise;
    }

    private static int[] link(String word) {
        String[] ends = word.split("->");
        return new int[] {number(ends[0]), number(ends[1])};
    }

    private Predicate<Flight> onLink(String[] words) {
        if (words.length == 0 || !words[0].contains("->")) {
            return flight -> true;
        }
        int[] link = link(words[0]);
        return flight -> flight.from() == link[0] && flight.to() == link[1];
    }

    private ScenarioReplica replica(int id) {
        return replicas.get(id);
    }

    private List<Integer> chosen(String word) {
        return word.equals("all") ? new ArrayList<>(replicas.keySet()) : List.of(number(word));
    }

    private void nodes(int count, String[] words) {
        CoreOptions options = CoreOptions.DEFAULT
                .with()
                .maxJoining(number(option(words, "joining", "1000000")))
                .maxAppendBytes(number(option(words, "append", "1000000")))
                .maxInflightMessages(number(option(words, "inflight", "256")))
                .cacheBytes(number(option(words, "cache", "1000000")))
                .maxUnappliedBytes(number(option(words, "unapplied", "1000000")))
                .tailBytes(number(option(words, "tail", "1000000")))
                .lagBytes(number(option(words, "lag", "0")))
                .sleepAfterMs(number(option(words, "sleep", "0")))
                .build();
        int voters = number(option(words, "voters", words[0]));
        Configuration genesis = Configuration.of(
                IntStream.rangeClosed(1, voters).mapToObj(ScenarioReplica::id).toList());
        if (option(words, "leases", "false").equals("true")) {
            genesis = genesis.withLeaseReads();
        }
        for (int id = 1; id <= count; id++) {
            Configuration known = id <= voters ? genesis : Configuration.EMPTY;
            replicas.put(id, new ScenarioReplica(id, options, known, nowNanos));
        }
    }

    private static List<ReplicaId> ids(String numbers) {
        return Arrays.stream(numbers.split(","))
                .map(number -> ScenarioReplica.id(number(number)))
                .toList();
    }

    private void log(int id, String[] words) {
        String terms = option(words, "terms", "");
        String vote = option(words, "vote", "");
        replica(id)
                .become(
                        number(option(words, "term", "0")),
                        vote.isEmpty() ? null : ScenarioReplica.id(number(vote)),
                        terms.isEmpty()
                                ? new long[0]
                                : Arrays.stream(terms.split(","))
                                        .mapToLong(Long::parseLong)
                                        .toArray(),
                        nowNanos);
    }

    private void timeout(int id) {
        if (replica(id).core().isAsleep()) {
            throw new IllegalStateException(id + " sleeps");
        }
        nowNanos = Math.max(nowNanos, replica(id).core().nextDeadlineNanos());
        step(id, new Input.Tick());
    }

    private void lease(int id) {
        output.add(id + " holds " + (replica(id).core().holdsLease(nowNanos) ? "a" : "no") + " lease");
    }

    private void lead(int id, long until) {
        while (replica(id).core().nextDeadlineNanos() <= until
                && !replica(id).core().isAsleep()) {
            quiet = true;
            timeout(id);
            settle();
        }
        nowNanos = until;
    }

    private void disk(String[] words) {
        int count = words.length > 1 ? number(words[1]) : Integer.MAX_VALUE;
        chosen(words[0]).forEach(id -> finishWrites(id, count));
    }

    private void finishWrites(int id, int count) {
        long last = -1;
        for (int i = 0; i < count && !stalled.contains(id); i++) {
            long sequence = replica(id).finishWrite();
            if (sequence < 0) {
                break;
            }
            last = sequence;
        }
        if (last >= 0) {
            step(id, new Input.Persisted(last));
        }
    }

    private void deliver(String[] words) {
        String which = words.length > 0 ? words[words.length - 1] : "";
        List<Flight> chosen =
                new ArrayList<>(network.stream().filter(onLink(words)).toList());
        if (which.equals("last")) {
            chosen = chosen.subList(chosen.size() - 1, chosen.size());
        } else if (which.equals("first") || which.equals("copy")) {
            chosen = chosen.subList(0, 1);
        }
        for (Flight flight : chosen) {
            if (!which.equals("copy")) {
                removeOnce(flight);
            }
            step(flight.to(), new Input.Receive(ScenarioReplica.id(flight.from()), flight.message()));
        }
    }

    /** By identity: the same message may be under way twice. */
    @SuppressWarnings("ReferenceEquality")
    private void removeOnce(Flight gone) {
        for (Iterator<Flight> flights = network.iterator(); flights.hasNext(); ) {
            if (flights.next() == gone) {
                flights.remove();
                return;
            }
        }
    }

    private void settle() {
        quiet = true;
        for (int round = 0; round < 1000; round++) {
            chosen("all").forEach(id -> finishWrites(id, Integer.MAX_VALUE));
            if (network.isEmpty()) {
                quiet = false;
                return;
            }
            deliver(new String[0]);
        }
        throw new IllegalStateException("does not settle");
    }

    private void snapshot(int id) {
        ScenarioReplica replica = replica(id);
        SnapshotMeta meta = replica.core().snapshotAt(replica.core().commitIndex(), 0);
        replica.storeSnapshot(meta);
        step(id, new Input.SnapshotStored(meta));
    }

    private void sending(int[] link) {
        long index = replica(link[0]).snapshot().index();
        step(link[0], new Input.SnapshotSending(ScenarioReplica.id(link[1]), index, 1));
    }

    private void install(int[] link) {
        SnapshotMeta meta = replica(link[0]).snapshot();
        replica(link[1]).storeSnapshot(meta);
        step(link[1], new Input.SnapshotReceived(ScenarioReplica.id(link[0]), meta));
    }

    private void step(int id, Input input) {
        handle(id, replica(id).core().step(nowNanos, input));
        handle(id, replica(id).core().step(nowNanos, new Input.Flush(congested)));
    }

    private void handle(int id, List<Effect> effects) {
        for (Effect effect : effects) {
            tell(id, effect);
            if (effect instanceof Effect.Send send) {
                send(new Flight(id, (int) send.to().server(), send.message()));
            } else if (effect instanceof Effect.Persist persist) {
                replica(id).persist(persist);
            } else if (effect instanceof Effect.RecoveryEnded) {
                replica(id).recovered();
            } else if (effect instanceof Effect.Commit commit && !slow.contains(id)) {
                replica(id).core().appliedTo(commit.index());
            } else if (effect instanceof Effect.Fetch fetch) {
                step(id, new Input.Fetched(fetch.peer(), replica(id).read(fetch.from(), fetch.to())));
            }
        }
    }

    private void send(Flight flight) {
        if (!isolated.contains(flight.from()) && !isolated.contains(flight.to())) {
            network.add(flight);
        }
    }

    private void tell(int id, Effect effect) {
        boolean detail = effect instanceof Effect.Send || effect instanceof Effect.Persist;
        if (!quiet || !detail) {
            output.add(id + ScenarioText.of(effect));
        }
    }

    private static String text(Flight flight) {
        return flight.from() + ScenarioText.of(new Effect.Send(ScenarioReplica.id(flight.to()), flight.message()));
    }
}
