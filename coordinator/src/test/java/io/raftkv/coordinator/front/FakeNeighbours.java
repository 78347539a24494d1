package io.raftkv.coordinator.front;

import io.raftkv.coordinator.bootstrap.Hello;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/** Whoever a test puts there. */
final class FakeNeighbours implements Neighbours {
    static final FakeNeighbours NONE = new FakeNeighbours();

    final Set<Long> reachable = new TreeSet<>();
    final List<Hello> heard = new ArrayList<>();
    final List<String> sought = new ArrayList<>();

    @Override
    public Set<Long> reachable() {
        return reachable;
    }

    @Override
    public List<Hello> heard() {
        return heard;
    }

    @Override
    public void lookFor(String address) {
        sought.add(address);
    }
}
