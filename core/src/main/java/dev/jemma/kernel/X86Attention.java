package dev.jemma.kernel;

import dev.jemma.kernel.x86.AttentionCode;
import dev.jemma.kernel.x86.AttentionCode.Form;
import dev.jemma.kernel.x86.Code;
import dev.jemma.kernel.x86.CodeSpace;
import dev.jemma.kernel.x86.Isa;
import dev.jemma.tensor.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Attention by emitted code, for heads of a multiple of 16: the pieces of code, and calls cut into chunks
 * ({@link AttentionChunks}), each of which {@link X86Items} computes.
 */
final class X86Attention {
    /** Most items of a chunk that decode keys and values on the way, each by itself; more share what is decoded. */
    private static final int FEW_ITEMS = 8;

    private static final ThreadLocal<X86Items> ITEMS = ThreadLocal.withInitial(X86Items::new);

    private final Isa isa;
    private final CodeSpace space;
    final X86Rows rows;
    final Code softmax;
    /** Values of single items, 16 features at a time: for what is left of a head. */
    final Code lastValues;

    private final X86AttentionCodes floats;
    private volatile @Nullable Smaller smaller;

    /** What only keys and values that are not float32 need; written when the first come, so as to start fast. */
    private record Smaller(X86AttentionCodes brainHalves, X86AttentionCodes bytes, X86KvDecoder decoder) {}

    X86Attention(Isa isa, CodeSpace space, X86Rows rows) {
        this.isa = isa;
        this.space = space;
        this.rows = rows;
        softmax = space.load(AttentionCode.softmax(isa));
        lastValues = space.load(AttentionCode.values(isa, Form.F32, 1, Lanes.COUNT));
        floats = new X86AttentionCodes(isa, space, Form.F32);
    }

    private Smaller smaller() {
        Smaller written = smaller;
        return written == null ? write() : written;
    }

    private synchronized Smaller write() {
        Smaller written = smaller;
        if (written == null) {
            written = new Smaller(
                    new X86AttentionCodes(isa, space, Form.BF16),
                    new X86AttentionCodes(isa, space, Form.BYTES),
                    new X86KvDecoder(isa, space));
            smaller = written;
        }
        return written;
    }

    /** What decodes tiles of keys and values. */
    X86KvDecoder decoder() {
        return smaller().decoder;
    }

    /** The code for so many items: that of the type, or of float32 if tiles are to be decoded first. */
    X86AttentionCodes codes(KvType type, int headDim, int items) {
        if (items > FEW_ITEMS || headDim % AttentionCode.SMALL_FORM_FEATURES != 0) {
            return floats;
        }
        return switch (type) {
            case F32 -> floats;
            case BF16 -> smaller().brainHalves;
            case Q8_0 -> smaller().bytes;
        };
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
