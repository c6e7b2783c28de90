package dev.jemma.kernel;

import dev.jemma.kernel.x86.Code;
import dev.jemma.kernel.x86.CodeSpace;
import dev.jemma.kernel.x86.Codes;
import dev.jemma.kernel.x86.ExpandCode;
import dev.jemma.kernel.x86.Isa;
import dev.jemma.kernel.x86.LinearCode;
import dev.jemma.tensor.DType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** {@link Kernels#decode} of packed matrices: codes by emitted code, 16-bit floats by loops that the compiler widens. */
final class X86Decoder {
    private static final int ROWS = PanelLayout.ROWS;
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG;

    private static final ThreadLocal<Scratch> SCRATCH = ThreadLocal.withInitial(Scratch::new);

    private final Isa isa;
    private final CodeSpace space;
    private final Map<DType, Code> codes = new ConcurrentHashMap<>();

    X86Decoder(Isa isa, CodeSpace space) {
        this.isa = isa;
        this.space = space;
    }

    /** A thread's arguments with the floats of scales behind them, and a line of halves. */
    private static final class Scratch {
        MemorySegment arguments = MemorySegment.NULL;
        short[] halves = new short[0];
        float[] floats = new float[0];

        MemorySegment arguments(long bytes) {
            if (arguments.byteSize() < bytes) {
                arguments = Arena.ofAuto().allocate(bytes, PanelLayout.LINE);
            }
            return arguments;
        }
    }

    void decode(Matrix matrix, int firstRow, int rows, MemorySegment panels) {
        Shapes.panels(matrix, firstRow, rows, panels);
        if (!(matrix instanceof PackedMatrix w) || !panels.isNative()) {
            GridCopy.decode(matrix, firstRow, rows, panels);
            return;
        }
        PanelLayout layout = w.layout();
        long panelFloats = (long) ROWS * layout.cols;
        for (int p = 0; p < Math.ceilDiv(rows, ROWS) && layout.cols > 0; p++) {
            long from = w.panel(firstRow / ROWS + p);
            long to = 4 * panelFloats * p;
            switch (layout.type) {
                case F32 -> MemorySegment.copy(w.data(), from, panels, to, 4 * panelFloats);
                case F16, BF16 -> halves(w, from, panels, to);
                default -> codes(w, from, panels, to);
            }
        }
    }

    private void codes(PackedMatrix w, long from, MemorySegment panels, long to) {
        PanelLayout layout = w.layout();
        int scales = layout.groupsPerScale == 1 ? 0 : layout.cols / layout.groupSize * ROWS;
        MemorySegment a = SCRATCH.get().arguments(LinearCode.BYTES + 8L * scales);
        a.set(LONG, LinearCode.W, from);
        a.set(LONG, LinearCode.Y, to);
        a.set(LONG, LinearCode.BLOCKS, layout.cols / PanelLayout.BLOCK);
        a.set(LONG, LinearCode.SUPERBLOCKS, layout.cols / 256);
        a.set(LONG, LinearCode.PANEL_BYTES, layout.panelBytes);
        a.set(LONG, LinearCode.SCALES, layout.scaleAt);
        a.set(LONG, LinearCode.MIN_SCALES, layout.minScaleAt);
        a.set(LONG, LinearCode.FACTORS, layout.groupScaleAt);
        a.set(LONG, LinearCode.MIN_FACTORS, layout.groupMinAt);
        a.set(LONG, LinearCode.PREFETCH, layout.panelBytes);
        a.set(LONG, LinearCode.FLOAT_MINIMA, 4L * scales);
        Code code = codes.computeIfAbsent(layout.type, _ -> space.load(ExpandCode.emit(isa, describe(layout))));
        code.call(a, w.data(), panels, panels);
    }

    private static Codes describe(PanelLayout layout) {
        return new Codes(
                layout.codeBits,
                layout.codeOffset,
                layout.groupSize != PanelLayout.BLOCK,
                layout.groupsPerScale > 1,
                CodeRow.hasMin(layout.type));
    }

    private static void halves(PackedMatrix w, long from, MemorySegment panels, long to) {
        Scratch scratch = SCRATCH.get();
        int count = ROWS * w.cols();
        if (scratch.halves.length < count) {
            scratch.halves = new short[count];
            scratch.floats = new float[count];
        }
        MemorySegment.copy(w.data(), ValueLayout.JAVA_SHORT, from, scratch.halves, 0, count);
        if (w.type() == DType.F16) {
            expand(scratch.halves, scratch.floats, count);
        } else {
            expandBrain(scratch.halves, scratch.floats, count);
        }
        MemorySegment.copy(scratch.floats, 0, panels, ValueLayout.JAVA_FLOAT, to, count);
    }

    private static void expand(short[] halves, float[] floats, int count) {
        for (int i = 0; i < count; i++) {
            floats[i] = Float.float16ToFloat(halves[i]);
        }
    }

    private static void expandBrain(short[] halves, float[] floats, int count) {
        for (int i = 0; i < count; i++) {
            floats[i] = Float.intBitsToFloat(halves[i] << 16);
        }
    }
}
