package dev.jemma.memory;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * An arena whose memory lies on huge pages where the system gives them: weights, keys and values, activations. Reading
 * through 2 MiB pages is faster than through 4 KiB ones, since the processor finds their addresses without a walk.
 * Slabs are mapped, aligned and advised before anybody touches them, since the first touch decides on the page, and
 * pieces are cut from them one after the other, so that small matrices share pages. What is never touched takes no
 * memory. Where the system refuses, memory is ordinary and everything else the same. Any thread may allocate.
 */
public final class HugeArena implements Arena {
    /** Name of the system property that gives up huge pages with the value {@code off}. */
    public static final String PROPERTY = "jemma.hugePages";

    /** Bytes of a huge page on x86-64, and on ARM with pages of 4 KiB. */
    static final long PAGE_BYTES = 2L << 20;

    private static final long SLAB_BYTES = 64L << 20;
    private static final long MOST_BYTES = 1L << 46; // of a slab: no machine has more addresses than 2^47

    private final Arena arena = Arena.ofShared();
    private final Optional<Pages> pages;
    private MemorySegment slab = MemorySegment.NULL;
    private long used;

    private HugeArena(Optional<Pages> pages) {
        this.pages = pages;
    }

    /** One for any thread, closed by any thread. */
    public static HugeArena ofShared() {
        return new HugeArena(OfSystem.PAGES);
    }

    /** One over other pages. */
    static HugeArena over(Pages pages) {
        return new HugeArena(Optional.of(pages));
    }

    /** Asked for once: the answer does not change. */
    private static final class OfSystem {
        static final Optional<Pages> PAGES = find();

        private static Optional<Pages> find() {
            try {
                return wanted() ? Optional.of(Pages.system()) : Optional.empty();
            } catch (IllegalCallerException e) {
                return Optional.empty(); // refusal() tells
            }
        }
    }

    private static boolean wanted() {
        return Pages.known() && !System.getProperty(PROPERTY, "").equals("off");
    }

    /** Zeroed memory that is gone when the arena is closed. */
    @Override
    public synchronized MemorySegment allocate(long bytes, long alignmentBytes) {
        if (!arena.scope().isAlive()) {
            throw new IllegalStateException("Already closed");
        }
        boolean fits =
                bytes > 0 && bytes <= MOST_BYTES && Long.bitCount(alignmentBytes) == 1 && alignmentBytes <= PAGE_BYTES;
        if (pages.isEmpty() || !fits) {
            return arena.allocate(bytes, alignmentBytes);
        }
        long at = Math.ceilDiv(used, alignmentBytes) * alignmentBytes;
        if (at + bytes > slab.byteSize()) {
            long slabBytes = Math.ceilDiv(Math.max(bytes, SLAB_BYTES), PAGE_BYTES) * PAGE_BYTES;
            Optional<MemorySegment> mapped = map(pages.get(), slabBytes);
            if (mapped.isEmpty()) {
                return arena.allocate(bytes, alignmentBytes);
            }
            MemorySegment fresh = mapped.get();
            if (slabBytes - bytes < slab.byteSize() - used) {
                return fresh.asSlice(0, bytes); // the old slab has more room
            }
            slab = fresh;
            at = 0;
        }
        used = at + bytes;
        return slab.asSlice(at, bytes);
    }

    @SuppressWarnings("restricted") // native access is what this class is for
    private Optional<MemorySegment> map(Pages system, long bytes) {
        long room = bytes + PAGE_BYTES; // what is left over beside the aligned part is never touched
        long address = system.map(room, Pages.READ | Pages.WRITE, -1);
        if (address <= 0) {
            return Optional.empty();
        }
        long start = Math.ceilDiv(address, PAGE_BYTES) * PAGE_BYTES;
        int _ = system.adviseHuge(start, bytes); // refused: the same memory on ordinary pages
        return Optional.of(MemorySegment.ofAddress(start).reinterpret(bytes, arena, _ -> system.unmap(address, room)));
    }

    @Override
    public MemorySegment.Scope scope() {
        return arena.scope();
    }

    /** Unmaps everything; no thread may be using it. */
    @Override
    public void close() {
        arena.close();
    }

    /**
     * Why memory of this process does not lie on huge pages although a setting might change that; empty if it does, if
     * they were given up by {@value #PROPERTY}, or if this is no Linux. Takes milliseconds.
     */
    public static Optional<String> refusal() {
        if (!wanted()) {
            return Optional.empty();
        }
        try {
            return refusal(Pages.system());
        } catch (IllegalCallerException e) {
            Module module = HugeArena.class.getModule();
            return Optional.of("native access is denied to Jemma; start Java with --enable-native-access="
                    + (module.isNamed() ? module.getName() : "ALL-UNNAMED"));
        }
    }

    /** As above, of other pages. */
    static Optional<String> refusal(Pages pages) {
        long bytes = 2 * PAGE_BYTES; // one whole page lies in it somewhere
        long address = pages.map(bytes, Pages.READ | Pages.WRITE, -1);
        if (address <= 0) {
            return Optional.of("mmap gave error " + -address + "; allow it to this process");
        }
        try {
            long start = Math.ceilDiv(address, PAGE_BYTES) * PAGE_BYTES;
            int refused = pages.adviseHuge(start, PAGE_BYTES);
            if (refused != 0) {
                return Optional.of("madvise gave error " + -refused
                        + "; allow it to this process, on a kernel with transparent huge pages");
            }
            touch(start);
            return huge(start)
                    ? Optional.empty()
                    : Optional.of("the system gave ordinary pages; let"
                            + " /sys/kernel/mm/transparent_hugepage/enabled be madvise or always, and memory not be"
                            + " too full");
        } finally {
            pages.unmap(address, bytes);
        }
    }

    @SuppressWarnings("restricted")
    private static void touch(long address) {
        MemorySegment.ofAddress(address).reinterpret(1).set(ValueLayout.JAVA_BYTE, 0, (byte) 1);
    }

    /** Whether the mapping around the address has huge pages; true if the system does not tell. */
    private static boolean huge(long address) {
        try {
            boolean here = false;
            for (String line : Files.readAllLines(Path.of("/proc/self/smaps"))) {
                String[] words = line.split("[\\s-]+", 3);
                if (words[0].endsWith(":")) {
                    if (here && words[0].equals("AnonHugePages:")) {
                        return !words[1].equals("0");
                    }
                } else {
                    here = Long.compareUnsigned(Long.parseUnsignedLong(words[0], 16), address) <= 0
                            && Long.compareUnsigned(address, Long.parseUnsignedLong(words[1], 16)) < 0;
                }
            }
            return true;
        } catch (IOException | NumberFormatException e) {
            return true;
        }
    }
}
