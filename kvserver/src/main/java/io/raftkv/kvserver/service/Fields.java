package io.raftkv.kvserver.service;

import io.raftkv.resp.RespValue;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Builds a map value field by field. */
final class Fields {
    private final List<RespValue> flat = new ArrayList<>();

    static RespValue map(Map<String, String> texts) {
        Fields fields = new Fields();
        texts.forEach(fields::add);
        return fields.done();
    }

    Fields add(String name, RespValue value) {
        flat.add(RespValue.bulk(name));
        flat.add(value);
        return this;
    }

    Fields add(String name, String value) {
        return add(name, RespValue.bulk(value));
    }

    Fields add(String name, long value) {
        return add(name, RespValue.integer(value));
    }

    RespValue done() {
        return new RespValue.MapValue(flat);
    }
}
