package io.raftkv.raft.sim;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collection;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * Decides whether a history is linearizable: whether one order of its operations explains all results, in which no
 * operation stands before another that had returned when it was called. Keys are independent, so each is searched by
 * itself, after Wing and Gong with the memory of Lowe ("Testing for linearizability", 2017): a set of operations that led
 * to a state once need not be tried again.
 *
 * <p>An operation of unknown outcome may stand anywhere after its call, or nowhere.
 */
final class LinearizabilityChecker {
    /** Where the search gives up; no history of the simulator comes near. */
    private static final int MAX_STATES = 2_000_000;

    private final List<Operation> operations;
    private final Node head;
    private final BitSet linearized = new BitSet();
    private final Set<Visited> visited = new HashSet<>();
    private int knownLeft;

    private LinearizabilityChecker(List<Operation> operations) {
        this.operations = operations;
        this.knownLeft = (int) operations.stream().filter(Operation::isKnown).count();
        this.head = link(operations);
    }

    /** What is wrong with the history, or empty if it is linearizable. */
    static Optional<String> check(Collection<Operation> history) {
        Map<String, List<Operation>> byKey = new TreeMap<>();
        for (Operation operation : history) {
            byKey.computeIfAbsent(operation.command().key(), key -> new ArrayList<>())
                    .add(operation);
        }
        for (Map.Entry<String, List<Operation>> key : byKey.entrySet()) {
            if (!new LinearizabilityChecker(relevant(key.getValue())).search()) {
                return Optional.of(describe(key.getKey(), key.getValue()));
            }
        }
        return Optional.empty();
    }

    /**
     * Leaves out operations of unknown outcome that nobody can have seen. As every result shows the whole state of its
     * key, a write whose value no result and no CAS names was overwritten by others of its kind, or came last, or never.
     */
    private static List<Operation> relevant(List<Operation> operations) {
        Set<String> seen = new HashSet<>();
        for (Operation operation : operations) {
            if (operation.isKnown() && operation.before() != null) {
                seen.addAll(List.of(operation.before().split(",")));
            }
            if (operation.command().expected() != null) {
                seen.addAll(List.of(operation.command().expected().split(",")));
            }
        }
        List<Operation> relevant = new ArrayList<>();
        for (Operation operation : operations) {
            KvCommand command = operation.command();
            boolean visible = command.kind() == KvCommand.Kind.DELETE || seen.contains(command.value());
            if (operation.isKnown() || visible) {
                relevant.add(operation);
            }
        }
        return relevant;
    }

    private boolean search() {
        Deque<Step> path = new ArrayDeque<>();
        String state = null;
        Node node = head.next;
        while (knownLeft > 0) {
            if (node != null && node.isCall()) {
                Optional<String> next = next(node, state);
                if (next != null && remember(node, next.orElse(null))) {
                    path.push(new Step(node, state));
                    state = next.orElse(null);
                    lift(node);
                    node = head.next;
                } else {
                    node = node.next;
                }
                continue;
            }
            // A return whose call is not yet placed: it must stand before all that follows, so go back.
            Step last = back(path);
            if (last == null) {
                return false;
            }
            state = last.stateBefore;
            node = last.node.next;
        }
        return true;
    }

    /** Takes back the last choice. A step that changed nothing was no choice: earlier is never worse for it. */
    private Step back(Deque<Step> path) {
        while (!path.isEmpty()) {
            Step last = path.pop();
            unlift(last.node);
            KvCommand command = operations.get(last.node.operation).command();
            if (!Objects.equals(command.applyTo(last.stateBefore), last.stateBefore)) {
                return last;
            }
        }
        return null;
    }

    /** The state after the operation, or null if its result does not fit or it would be of no use. */
    @SuppressWarnings("OptionalAssignedToNull")
    private Optional<String> next(Node node, String state) {
        Operation operation = operations.get(node.operation);
        String after = operation.command().applyTo(state);
        boolean fits = operation.isKnown() ? Objects.equals(operation.before(), state) : !Objects.equals(after, state);
        return fits ? Optional.ofNullable(after) : null;
    }

    private boolean remember(Node node, String state) {
        BitSet set = (BitSet) linearized.clone();
        set.set(node.operation);
        if (visited.size() > MAX_STATES) {
            throw new SimFailure("a history of " + operations.size() + " operations is too hard to check");
        }
        return visited.add(new Visited(set, state));
    }

    private void lift(Node call) {
        linearized.set(call.operation);
        call.unlink();
        if (call.match != null) {
            call.match.unlink();
            knownLeft--;
        }
    }

    private void unlift(Node call) {
        linearized.clear(call.operation);
        if (call.match != null) {
            call.match.relink();
            knownLeft++;
        }
        call.relink();
    }

    private static Node link(List<Operation> operations) {
        List<Node> nodes = new ArrayList<>();
        for (int i = 0; i < operations.size(); i++) {
            Operation operation = operations.get(i);
            Node call = new Node(i, operation.called(), true);
            nodes.add(call);
            if (operation.isKnown()) {
                call.match = new Node(i, operation.returned(), false);
                nodes.add(call.match);
            }
        }
        // Calls before returns of the same time: such operations may overlap.
        nodes.sort(Comparator.<Node>comparingLong(node -> node.time).thenComparing(node -> !node.call));
        Node head = new Node(-1, 0, false);
        Node last = head;
        for (Node node : nodes) {
            last.next = node;
            node.previous = last;
            last = node;
        }
        return head;
    }

    private static String describe(String key, List<Operation> operations) {
        StringBuilder text = new StringBuilder("no order of these operations on " + key + " explains their results:");
        operations.stream().sorted(Comparator.comparingLong(Operation::called)).forEach(operation -> text.append("\n  ")
                .append(operation));
        return text.toString();
    }

    private record Visited(BitSet linearized, String state) {}

    private record Step(Node node, String stateBefore) {}

    /** A call or a return in the list of those not yet placed, by time. */
    private static final class Node {
        private final int operation;
        private final long time;
        private final boolean call;
        private Node match;
        private Node previous;
        private Node next;

        Node(int operation, long time, boolean call) {
            this.operation = operation;
            this.time = time;
            this.call = call;
        }

        boolean isCall() {
            return call;
        }

        void unlink() {
            previous.next = next;
            if (next != null) {
                next.previous = previous;
            }
        }

        void relink() {
            previous.next = this;
            if (next != null) {
                next.previous = this;
            }
        }
    }
}
