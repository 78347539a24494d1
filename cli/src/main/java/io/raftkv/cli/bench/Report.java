package io.raftkv.cli.bench;

import io.raftkv.cli.Json;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/**
 * What a run showed.
 *
 * @param seconds how long was measured
 * @param serverMicros CPU time of the named processes in the measured time; -1 if none were named
 * @param clientMicros CPU time of this process in the measured time
 */
record Report(String target, Plan plan, Tally tally, double seconds, long serverMicros, long clientMicros) {
    String json() {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("target", target);
        fields.put("workload", workload());
        fields.put("clients", plan.clients());
        fields.put("inFlight", plan.inFlight());
        fields.put("pipeline", plan.pipeline());
        fields.put("valueBytes", plan.valueBytes());
        fields.put("keys", plan.keys());
        fields.put("rate", plan.rate() == 0 ? null : plan.rate());
        fields.put("seconds", rounded(seconds));
        fields.put("operations", tally.operations());
        fields.put("opsPerSecond", Math.round(rate()));
        fields.put("p50Ms", rounded(tally.percentileMs(50)));
        fields.put("p99Ms", rounded(tally.percentileMs(99)));
        fields.put("p999Ms", rounded(tally.percentileMs(99.9)));
        fields.put("maxMs", rounded(tally.maxMs()));
        fields.put("errors", tally.errors());
        fields.put("serverCpuMicrosPerOp", serverMicros < 0 ? null : rounded(perOperation(serverMicros)));
        fields.put("clientCpuMicrosPerOp", rounded(perOperation(clientMicros)));
        return Json.of(fields);
    }

    String text() {
        String load = String.format(
                Locale.ROOT,
                "%s %s: %d clients, %d in flight each, pipeline %d, %d-byte values, %d keys, %s%.1f s%n",
                target,
                workload(),
                plan.clients(),
                plan.inFlight(),
                plan.pipeline(),
                plan.valueBytes(),
                plan.keys(),
                plan.rate() == 0 ? "" : String.format(Locale.ROOT, "%,d ops/s wanted, ", plan.rate()),
                seconds);
        String numbers = String.format(
                Locale.ROOT,
                "%,.0f ops/s, p50 %.3f ms, p99 %.3f ms, p99.9 %.3f ms, max %.3f ms, errors %s%n",
                rate(),
                tally.percentileMs(50),
                tally.percentileMs(99),
                tally.percentileMs(99.9),
                tally.maxMs(),
                tally.errors().isEmpty() ? "0" : tally.errors());
        String servers =
                serverMicros < 0 ? "" : String.format(Locale.ROOT, "servers %.1f µs, ", perOperation(serverMicros));
        return load
                + numbers
                + String.format(
                        Locale.ROOT, "CPU per operation: %sthis client %.1f µs", servers, perOperation(clientMicros));
    }

    private String workload() {
        return plan.workload().name().toLowerCase(Locale.ROOT);
    }

    double rate() {
        return tally.operations() / seconds;
    }

    private double perOperation(long micros) {
        return tally.operations() == 0 ? 0 : micros / (double) tally.operations();
    }

    private static double rounded(double value) {
        return Math.round(value * 1000) / 1000.0;
    }
}
