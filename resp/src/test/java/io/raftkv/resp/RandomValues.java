package io.raftkv.resp;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Random values of all types, from a seed. */
final class RandomValues {
    private final Random random;
    private final int protocol;

    RandomValues(Random random, int protocol) {
        this.random = random;
        this.protocol = protocol;
    }

    RespValue next() {
        return next(3);
    }

    private RespValue next(int depth) {
        int kinds = (protocol == 3 ? 13 : 6) - (depth == 0 ? protocol == 3 ? 3 : 1 : 0);
        return switch (random.nextInt(kinds)) {
            case 0 -> RespValue.simple(text());
            case 1 -> RespValue.error("ERR " + text());
            case 2 -> RespValue.integer(random.nextLong() >> random.nextInt(64));
            case 3 -> RespValue.bulk(bytes());
            case 4 -> RespValue.nil();
            case 5 -> protocol == 2 ? RespValue.array(items(depth, 1)) : new RespValue.Bool(random.nextBoolean());
            case 6 -> new RespValue.DoubleValue(random.nextBoolean() ? random.nextInt(1000) : random.nextGaussian());
            case 7 -> new RespValue.Verbatim("txt", text());
            case 8 -> new RespValue.BigNumber(new BigInteger(random.nextInt(200), random).negate());
            case 9 -> RespValue.bulk(text());
            case 10 -> RespValue.array(items(depth, 1));
            case 11 -> new RespValue.MapValue(items(depth, 2));
            default -> new RespValue.SetValue(items(depth, 1));
        };
    }

    private List<RespValue> items(int depth, int multiple) {
        List<RespValue> items = new ArrayList<>();
        int count = random.nextInt(5) * multiple;
        while (items.size() < count) {
            items.add(next(depth - 1));
        }
        return items;
    }

    private byte[] bytes() {
        byte[] bytes = new byte[random.nextInt(8) == 0 ? random.nextInt(40_000) : random.nextInt(40)];
        random.nextBytes(bytes);
        return bytes;
    }

    private String text() {
        return random.ints(random.nextInt(20), 0, 5)
                .mapToObj(i -> List.of("a", "Z", " ", "ü", "漢").get(i))
                .reduce("", String::concat);
    }
}
