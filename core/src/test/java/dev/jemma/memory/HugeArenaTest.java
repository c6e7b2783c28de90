package dev.jemma.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class HugeArenaTest {
    private static final long MIB = 1L << 20;
    private static final int NO_MEMORY = 12;
    private static final int INVALID = 22;
    private static final Path ENABLED = Path.of("/sys/kernel/mm/transparent_hugepage/enabled");

    /** The system's pages; notes what is asked of them, and refuses. */
    private static final class Watched implements Pages {
        final Pages pages = Pages.system();
        final List<String> calls = new ArrayList<>();
        boolean refusesMaps;
        boolean refusesAdvice;
        boolean forgetsAdvice;

        @Override
        public long map(long bytes, int protection, int file) {
            calls.add("map");
            return refusesMaps ? -NO_MEMORY : pages.map(bytes, protection, file);
        }

        @Override
        public int protect(long address, long bytes, int protection) {
            throw new AssertionError("nobody changes protections here");
        }

        @Override
        public int adviseHuge(long address, long bytes) {
            calls.add("advise " + address % HugeArena.PAGE_BYTES + " " + bytes % HugeArena.PAGE_BYTES);
            if (refusesAdvice) {
                return -INVALID;
            }
            return forgetsAdvice ? 0 : pages.adviseHuge(address, bytes);
        }

        @Override
        public int unmap(long address, long bytes) {
            calls.add("unmap");
            return pages.unmap(address, bytes);
        }

        @Override
        public int file(long bytes) {
            throw new AssertionError("nobody needs a file here");
        }

        @Override
        public int close(int file) {
            throw new AssertionError("nobody has a file here");
        }
    }

    private Watched pages = new Watched();

    @BeforeEach
    void onLinux() {
        assumeTrue(Pages.known(), "huge pages are asked of Linux only");
        pages = new Watched();
    }

    private static void fill(MemorySegment memory, byte value) {
        assertThat(memory.mismatch(MemorySegment.ofArray(new byte[Math.toIntExact(memory.byteSize())])))
                .as("memory is zeroed")
                .isEqualTo(-1);
        memory.fill(value);
    }

    @Test
    void slabsAreAlignedAndAdvisedAndGivenBack() {
        try (HugeArena arena = HugeArena.over(pages)) {
            MemorySegment big = arena.allocate(70 * MIB + 5, 64);
            assertThat(big.address() % HugeArena.PAGE_BYTES).isZero();
            assertThat(big.byteSize()).isEqualTo(70 * MIB + 5);
            assertThat(pages.calls).containsExactly("map", "advise 0 0");
            big.set(ValueLayout.JAVA_BYTE, big.byteSize() - 1, (byte) 1);
        }
        assertThat(pages.calls).containsExactly("map", "advise 0 0", "unmap");
    }

    @Test
    void smallPiecesShareASlabAndNeverOverlap() {
        try (HugeArena arena = HugeArena.over(pages)) {
            List<MemorySegment> pieces = new ArrayList<>();
            for (int i = 0; i < 100; i++) {
                MemorySegment piece = arena.allocate(1000 + i, 64);
                assertThat(piece.address() % 64).isZero();
                fill(piece, (byte) i);
                pieces.add(piece);
            }
            for (int i = 0; i < 100; i++) {
                assertThat(pieces.get(i).get(ValueLayout.JAVA_BYTE, 0)).isEqualTo((byte) i);
                assertThat(pieces.get(i).get(ValueLayout.JAVA_BYTE, 999L + i)).isEqualTo((byte) i);
            }
            assertThat(pages.calls.stream().filter("map"::equals)).hasSize(1);
        }
    }

    @Test
    void aBigPieceDoesNotThrowAwayTheRoomBesideSmallOnes() {
        try (HugeArena arena = HugeArena.over(pages)) {
            MemorySegment first = arena.allocate(64, 64);
            MemorySegment big = arena.allocate(100 * MIB, 64); // never touched
            MemorySegment second = arena.allocate(64, 64);
            assertThat(second.address()).isEqualTo(first.address() + 64);
            assertThat(big.address() % HugeArena.PAGE_BYTES).isZero();
        }
        assertThat(pages.calls.stream().filter("unmap"::equals)).hasSize(2);
    }

    @Test
    void memoryIsGoneWhenTheArenaIsClosed() {
        HugeArena arena = HugeArena.over(pages);
        MemorySegment piece = arena.allocate(64, 64);
        arena.close();
        assertThatThrownBy(() -> piece.get(ValueLayout.JAVA_BYTE, 0)).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> arena.allocate(64, 64)).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void whereTheSystemMapsNothingMemoryIsOrdinary() {
        pages.refusesMaps = true;
        try (HugeArena arena = HugeArena.over(pages)) {
            MemorySegment piece = arena.allocate(3 * MIB, 64);
            assertThat(piece.address() % 64).isZero();
            fill(piece, (byte) 7);
        }
        assertThat(pages.calls).containsExactly("map");
        assertThat(HugeArena.refusal(pages)).get().asString().contains("mmap gave error 12");
    }

    @Test
    void whereAdviceIsRefusedMemoryIsTheSameOnOrdinaryPages() {
        pages.refusesAdvice = true;
        try (HugeArena arena = HugeArena.over(pages)) {
            fill(arena.allocate(3 * MIB, 64), (byte) 7);
        }
        assertThat(pages.calls).containsExactly("map", "advise 0 0", "unmap");
        assertThat(HugeArena.refusal(pages)).get().asString().contains("madvise gave error 22");
    }

    @Test
    void absurdSizesAreRefusedAsByAnyArena() {
        try (HugeArena arena = HugeArena.over(pages)) {
            assertThatThrownBy(() -> arena.allocate(-1, 64)).isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> arena.allocate(64, 3)).isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> arena.allocate(Long.MAX_VALUE - 64, 64)).isInstanceOf(OutOfMemoryError.class);
            assertThat(arena.allocate(0, 64).byteSize()).isZero();
        }
    }

    @Test
    void aSystemThatPromisesHugePagesAndGivesNoneIsFoundOut() throws Exception {
        assumeTrue(Files.readString(ENABLED).contains("[madvise]"));
        pages.forgetsAdvice = true;
        assertThat(HugeArena.refusal(pages)).get().asString().contains("ordinary pages", ENABLED.toString());
        assertThat(pages.calls).containsExactly("map", "advise 0 0", "unmap");
    }
}
