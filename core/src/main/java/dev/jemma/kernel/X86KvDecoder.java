package dev.jemma.kernel;

import dev.jemma.kernel.x86.Code;
import dev.jemma.kernel.x86.CodeSpace;
import dev.jemma.kernel.x86.Isa;
import dev.jemma.kernel.x86.KvCode;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Decodes the keys or values of one head and 16 positions to float32 by emitted code; heads of a multiple of 16. */
final class X86KvDecoder {
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG;
    private static final int STEP = Lanes.COUNT;

    private static final ThreadLocal<MemorySegment> ARGUMENTS =
            ThreadLocal.withInitial(() -> Arena.ofAuto().allocate(KvCode.BYTES, 64));

    private final Code bf16;
    /** For whole blocks of features, and for the shorter one that may end a head. */
    private final Code keys;

    private final Code lastKeys;
    private final Code values;
    private final Code lastValues;

    X86KvDecoder(Isa isa, CodeSpace space) {
        bf16 = space.load(KvCode.bf16(isa));
        keys = space.load(KvCode.keys(isa, KvType.BLOCK));
        lastKeys = space.load(KvCode.keys(isa, STEP));
        values = space.load(KvCode.values(isa, KvType.BLOCK));
        lastValues = space.load(KvCode.values(isa, STEP));
    }

    /** Keys, [feature][16]. */
    void keys(KvType type, int headDim, MemorySegment slab, long head, MemorySegment out, long to) {
        switch (type) {
            case F32 -> throw new IllegalArgumentException("float32 is not decoded");
            case BF16 -> call(bf16, slab, head, 0, out, to, headDim, headDim);
            case Q8_0 -> {
                int whole = headDim / KvType.BLOCK;
                long scales = head + KvType.scale(headDim, 0, 0);
                call(keys, slab, head, scales, out, to, whole, headDim);
                int done = whole * KvType.BLOCK;
                if (done < headDim) {
                    long codes = head + (long) KvBlocks.TOKENS * done;
                    scales = head + KvType.scale(headDim, whole, 0);
                    call(lastKeys, slab, codes, scales, out, to + 4L * KvBlocks.TOKENS * done, 1, headDim);
                }
            }
        }
    }

    /** Values, [16][feature]. */
    void values(KvType type, int headDim, MemorySegment slab, long head, MemorySegment out, long to) {
        switch (type) {
            case F32 -> throw new IllegalArgumentException("float32 is not decoded");
            case BF16 -> call(bf16, slab, head, 0, out, to, headDim, headDim);
            case Q8_0 -> {
                int whole = headDim / KvType.BLOCK;
                long scales = head + KvType.scale(headDim, 0, 0);
                call(values, slab, head, scales, out, to, whole, headDim);
                int done = whole * KvType.BLOCK;
                if (done < headDim) {
                    scales = head + KvType.scale(headDim, whole, 0);
                    call(lastValues, slab, head + done, scales, out, to + 4L * done, 1, headDim);
                }
            }
        }
    }

    private static void call(
            Code code, MemorySegment slab, long codes, long scales, MemorySegment out, long to, int n, int headDim) {
        if (n == 0) {
            return; // a head of less than a block
        }
        MemorySegment a = ARGUMENTS.get();
        a.set(LONG, KvCode.CODES, codes);
        a.set(LONG, KvCode.SCALES, scales);
        a.set(LONG, KvCode.OUT, to);
        a.set(LONG, KvCode.COUNT, n);
        a.set(LONG, KvCode.HEAD_DIM, headDim);
        code.call(a, slab, slab, out);
    }
}
