package dev.jemma.kernel;

import dev.jemma.kernel.x86.AttentionCode;
import dev.jemma.kernel.x86.Code;
import dev.jemma.kernel.x86.CodeSpace;
import dev.jemma.kernel.x86.Isa;
import dev.jemma.tensor.Tensor;
import java.util.List;

/**
 * Attention by emitted code, for heads of a multiple of 16: the pieces of code, and calls cut into chunks
 * ({@link AttentionChunks}), each of which {@link X86Items} computes.
 */
final class X86Attention {
    /** Sizes of groups of items that go together, descending to 1. */
    static final int[] GROUPS = AttentionCode.groupSizes();

    private static final ThreadLocal<X86Items> ITEMS = ThreadLocal.withInitial(X86Items::new);

    final boolean wide;
    final X86Rows rows;
    final X86KvDecoder decoder;
    final Code softmax;
    /** By group size, as {@link #GROUPS}. */
    final Code[] scores = new Code[GROUPS.length];

    final Code[] values = new Code[GROUPS.length];
    /** Blocks of keys that the scores of a group take together, features that its values do. */
    final int[] blocksTogether = new int[GROUPS.length];

    final int[] featuresTogether = new int[GROUPS.length];
    /** Values of single items, 16 features at a time: for what is left of a head. */
    final Code lastValues;

    X86Attention(Isa isa, CodeSpace space, X86Rows rows) {
        this.rows = rows;
        decoder = new X86KvDecoder(isa, space);
        softmax = space.load(AttentionCode.softmax(isa));
        lastValues = space.load(AttentionCode.values(isa, 1, Lanes.COUNT));
        boolean oneStep = true;
        for (int g = 0; g < GROUPS.length; g++) {
            blocksTogether[g] = AttentionCode.blocksTogether(isa, GROUPS[g]);
            featuresTogether[g] = AttentionCode.featuresTogether(isa, GROUPS[g]);
            oneStep &= blocksTogether[g] == AttentionCode.BLOCKS;
            scores[g] = space.load(AttentionCode.scores(isa, GROUPS[g]));
            values[g] = space.load(AttentionCode.values(isa, GROUPS[g], featuresTogether[g]));
        }
        wide = oneStep;
    }

    /** Whether heads of that size can be computed. */
    static boolean takes(int headDim) {
        return headDim % Lanes.COUNT == 0;
    }

    /** See {@link Kernels#attention}. */
    void attention(Workers workers, AttentionShape shape, KvBlocks blocks, List<Span> spans, Tensor q, Tensor out) {
        int items = AttentionChunks.items(shape, spans, workers.threads());
        int chunks = AttentionChunks.chunks(shape, spans, items);
        Call call = new Call(this, shape, blocks, spans, q, out, items);
        if (AttentionChunks.small(shape, spans)) {
            for (int chunk = 0; chunk < chunks; chunk++) {
                call.run(chunk, 0);
            }
        } else {
            workers.run(chunks, call);
        }
    }

    /** One call, in chunks of {@code items} items. */
    record Call(
            X86Attention code, AttentionShape shape, KvBlocks blocks, List<Span> spans, Tensor q, Tensor out, int items)
            implements Workers.Chunk {
        /** Query heads that share a key/value head. */
        int headsPerKey() {
            return shape.heads() / shape.kvHeads();
        }

        @Override
        public void run(int chunk, int worker) {
            int s = 0;
            int rest = chunk;
            while (rest >= AttentionChunks.chunks(shape, spans.get(s), items)) {
                rest -= AttentionChunks.chunks(shape, spans.get(s), items);
                s++;
            }
            ITEMS.get().run(this, spans.get(s), rest / shape.kvHeads() * items, rest % shape.kvHeads());
        }
    }
}
