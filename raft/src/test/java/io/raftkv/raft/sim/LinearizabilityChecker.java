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
final class LinearizabilityChecker<I> {
    /** Where the search gives up; no history of the simulator comes near. */
    private static final int MAX_STATES = 2_000_000;

    private final Model<I> model;
    private final List<Operation<I>> operations;
    private final Node head;
    private final BitSet linearized = new BitSet();
    private final Set<Visited> visited = new HashSet<>();
    private int knownLeft;

    private LinearizabilityChecker(Model<I> model, List<Operation<I>> operations) {
        this.model = model;
        this.operations = operations;
        this.knownLeft = (int) operations.stream().filter(Operation::isKnown).count();
        this.head = link(operations);
    }

    /** What is wrong with the history, or empty if it is linearizable. */
    static <I> Optional<String> check(Collection<Operation<I>> history, Model<I> model) {
        Map<String, List<Operation<I>>> byKey = new TreeMap<>();
        for (Operation<I> operation : history) {
            byKey.computeIfAbsent(model.key(operation.input()), key -> new ArrayList<>())
                    .add(operation);
        }
        for (Map.Entry<String, List<Operation<I>>> key : byKey.entrySet()) {
            List<Operation<I>> relevant = model.relevant(key.getValue());
            if (!new LinearizabilityChecker<>(model, relevant).search()) {
                return Optional.of(describe(key.getKey(), key.getValue()));
            }
        }
        return Optional.empty();
    }

    private boolean search() {
        Deque<Choice> path = new ArrayDeque<>();
        Object state = null;
        Node node = head.next;
        while (knownLeft > 0) {
            if (node != null && node.isCall()) {
                Model.Step next = next(node, state);
                if (next != null && remember(node, next.state())) {
                    path.push(new Choice(node, state, !Objects.equals(next.state(), state)));
                    state = next.state();
                    lift(node);
                    node = head.next;
                } else {
                    node = node.next;
                }
                continue;
            }
            // A return whose call is not yet placed: it must stand before all that follows, so go back.
            Choice last = back(path);
            if (last == null) {
                return false;
            }
            state = last.stateBefore;
            node = last.node.next;
        }
        return true;
    }

    /** Takes back the last choice. A step that changed nothing was no choice: earlier is never worse for it. */
    private Choice back(Deque<Choice> path) {
        while (!path.isEmpty()) {
            Choice last = path.pop();
            unlift(last.node);
            if (last.changed) {
                return last;
            }
        }
        return null;
    }

    /** What the operation does, or null if its result does not fit or it would be of no use. */
    private Model.Step next(Node node, Object state) {
        Operation<I> operation = operations.get(node.operation);
        Model.Step step = model.step(state, operation.input());
        boolean fits = operation.isKnown()
                ? Objects.equals(operation.result(), step.result())
                : !Objects.equals(step.state(), state);
        return fits ? step : null;
    }

    private boolean remember(Node node, Object state) {
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

    private static <I> Node link(List<Operation<I>> operations) {
        List<Node> nodes = new ArrayList<>();
        for (int i = 0; i < operations.size(); i++) {
            Operation<I> operation = operations.get(i);
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

    private static <I> String describe(String key, List<Operation<I>> operations) {
        StringBuilder text = new StringBuilder("no order of these operations on " + key + " explains their results:");
        operations.stream()
                .sorted(Comparator.comparingLong(operation -> operation.called()))
                .forEach(operation -> text.append("\n  ").append(operation));
        return text.toString();
    }

    private record Visited(BitSet linearized, Object state) {}

    private record Choice(Node node, Object stateBefore, boolean changed) {}

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
