package io.raftkv.callback;

final class Skeleton {
    private Skeleton() {}

    @SuppressWarnings({"TypeParameterUnusedInFormals", "DoNotCallSuggester"})
    static <T> T missing() {
        throw new UnsupportedOperationException("not written yet");
    }
}
