package dev.jemma.data;

import java.util.List;

/** {@link Examples} in memory. */
record ListedExamples(List<Example> list) implements Examples {
    @Override
    public long size() {
        return list.size();
    }

    @Override
    public long tokens() {
        return list.stream().mapToLong(Example::length).sum();
    }

    @Override
    public Example get(long index) {
        return list.get(Math.toIntExact(index));
    }

    @Override
    public String fingerprint() {
        return "list-" + Integer.toHexString(list.hashCode());
    }
}
