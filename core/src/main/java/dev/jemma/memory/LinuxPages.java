package dev.jemma.memory;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/** The calls of Linux's C library, linked once: that costs milliseconds. */
final class LinuxPages implements Pages {
    private static final int MAP_SHARED = 1;
    private static final int MAP_PRIVATE = 2;
    private static final int MAP_ANONYMOUS = 0x20;
    private static final int CLOSE_ON_EXEC = 1;
    private static final int HUGE_PAGE = 14; // MADV_HUGEPAGE

    private static @Nullable LinuxPages shared;

    private static final StructLayout STATE = Linker.Option.captureStateLayout();
    private static final VarHandle ERRNO = STATE.varHandle(MemoryLayout.PathElement.groupElement("errno"));

    private final MethodHandle mmap = link(
            "mmap", FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_LONG));
    private final MethodHandle mprotect =
            link("mprotect", FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_INT));
    private final MethodHandle madvise =
            link("madvise", FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_INT));

    /** What is called at the end, and what only the second way to executable memory needs. */
    private static final class Later {
        static final MethodHandle MUNMAP = link("munmap", FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_LONG));
        static final MethodHandle MEMFD_CREATE =
                link("memfd_create", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT));
        static final MethodHandle FTRUNCATE = link("ftruncate", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_LONG));
        static final MethodHandle CLOSE = link("close", FunctionDescriptor.of(JAVA_INT, JAVA_INT));
    }

    static synchronized Pages shared() {
        LinuxPages pages = shared;
        if (pages == null) {
            pages = new LinuxPages();
            shared = pages;
        }
        return pages;
    }

    @SuppressWarnings("restricted")
    private static MethodHandle link(String name, FunctionDescriptor type) {
        Linker linker = Linker.nativeLinker();
        return linker.downcallHandle(
                linker.defaultLookup().findOrThrow(name), type, Linker.Option.captureCallState("errno"));
    }

    @FunctionalInterface
    private interface Call {
        long in(MemorySegment state) throws Throwable;
    }

    /** The call's result, or −errno where that is −1. */
    private static long call(Call call) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = arena.allocate(STATE);
            long result = call.in(state);
            return result == -1 ? -(int) ERRNO.get(state, 0L) : result;
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException(e); // handles of C functions declare no others
        }
    }

    @Override
    public long map(long bytes, int protection, int file) {
        int flags = file < 0 ? MAP_PRIVATE | MAP_ANONYMOUS : MAP_SHARED;
        return call(state -> (long) mmap.invokeExact(state, 0L, bytes, protection, flags, file, 0L));
    }

    @Override
    public int protect(long address, long bytes, int protection) {
        return (int) call(state -> (int) mprotect.invokeExact(state, address, bytes, protection));
    }

    @Override
    public int adviseHuge(long address, long bytes) {
        return (int) call(state -> (int) madvise.invokeExact(state, address, bytes, HUGE_PAGE));
    }

    @Override
    public int unmap(long address, long bytes) {
        return (int) call(state -> (int) Later.MUNMAP.invokeExact(state, address, bytes));
    }

    @Override
    public int file(long bytes) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment name = arena.allocateFrom("jemma-kernels");
            int file = (int) call(state -> (int) Later.MEMFD_CREATE.invokeExact(state, name, CLOSE_ON_EXEC));
            if (file >= 0) {
                int refused = (int) call(state -> (int) Later.FTRUNCATE.invokeExact(state, file, bytes));
                if (refused < 0) {
                    close(file);
                    return refused;
                }
            }
            return file;
        }
    }

    @Override
    public int close(int file) {
        return (int) call(state -> (int) Later.CLOSE.invokeExact(state, file));
    }
}
