package dev.jemma.data;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** A {@link Preparation} while it is counted. */
final class Tally {
    private final Map<String, Integer> schemas = new TreeMap<>();
    private final Map<String, Long> dropped = new TreeMap<>();
    private final List<Long> lengths = new ArrayList<>();
    private int files;
    private long records;
    private long documents;
    private long examples;
    private long truncated;
    private long pairs;
    private long tokens;
    private long trainedTokens;
    private long heldOut;
    private long heldOutTokens;
    private int longest;

    void file() {
        files++;
    }

    void schema(Schema schema) {
        schemas.merge(schema.label(), 1, Integer::sum);
    }

    void record() {
        records++;
    }

    void drop(Drop reason) {
        dropped.merge(reason.reason(), 1L, Long::sum);
    }

    void keep(Encoded document) {
        documents++;
        pairs += document.pair() ? 1 : 0;
        truncated += document.truncated() ? 1 : 0;
    }

    void example(Example example, boolean isHeldOut) {
        if (isHeldOut) {
            heldOut++;
            heldOutTokens += example.length();
        } else {
            examples++;
            tokens += example.length();
            trainedTokens += example.trainedTokens();
        }
        longest = Math.max(longest, example.length());
        int bucket = 0;
        while (((long) Preparation.FIRST_LENGTH << bucket) < example.length()) {
            bucket++;
        }
        if (lengths.size() <= bucket) {
            lengths.addAll(Collections.nCopies(bucket + 1 - lengths.size(), 0L));
        }
        lengths.set(bucket, lengths.get(bucket) + 1);
    }

    Preparation total() {
        return new Preparation(
                files,
                records,
                schemas,
                documents,
                examples,
                truncated,
                dropped,
                pairs,
                tokens,
                trainedTokens,
                heldOut,
                heldOutTokens,
                longest,
                lengths);
    }
}
