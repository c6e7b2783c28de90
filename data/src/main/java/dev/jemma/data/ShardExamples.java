package dev.jemma.data;

import java.util.List;

/** The examples of several shards as one list. */
final class ShardExamples implements Examples {
    private final List<ShardFile> shards;
    private final long[] ends; // by shard, the number of examples up to its end
    private final String fingerprint;

    ShardExamples(List<ShardFile> shards, String fingerprint) {
        this.shards = List.copyOf(shards);
        this.fingerprint = fingerprint;
        this.ends = new long[shards.size()];
        long end = 0;
        for (int i = 0; i < ends.length; i++) {
            end += shards.get(i).examples();
            ends[i] = end;
        }
    }

    @Override
    public long size() {
        return ends.length == 0 ? 0 : ends[ends.length - 1];
    }

    @Override
    public long tokens() {
        return shards.stream().mapToLong(ShardFile::tokens).sum();
    }

    @Override
    public Example get(long index) {
        if (index < 0 || index >= size()) {
            throw new IndexOutOfBoundsException(index + " of " + size());
        }
        int shard = 0;
        while (ends[shard] <= index) {
            shard++;
        }
        return shards.get(shard).get(shard == 0 ? index : index - ends[shard - 1]);
    }

    @Override
    public String fingerprint() {
        return fingerprint;
    }
}
