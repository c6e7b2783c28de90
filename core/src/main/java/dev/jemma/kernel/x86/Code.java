package dev.jemma.kernel.x86;

import static java.lang.foreign.ValueLayout.ADDRESS;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/**
 * A piece of executable code. All kernels have one signature: the address of a block of 64-bit arguments, and those of
 * up to three segments that they read and write, passed as segments so that none can be freed during the call. Nothing
 * is checked here: a wrong address ends the process.
 */
public final class Code {
    private final MemorySegment entry;

    Code(long address) {
        entry = MemorySegment.ofAddress(address);
    }

    /** Apart, so that a refusal comes when calls are wanted and can be told from other failures. */
    @SuppressWarnings("restricted")
    private static final class Native {
        static final MethodHandle CALL =
                Linker.nativeLinker().downcallHandle(FunctionDescriptor.ofVoid(ADDRESS, ADDRESS, ADDRESS, ADDRESS));
    }

    /**
     * Makes sure that native calls can be made.
     *
     * @throws IllegalCallerException if Java forbids them
     */
    static void link() {
        try {
            if (Native.CALL.type().parameterCount() != 5) {
                throw new AssertionError(Native.CALL.type());
            }
        } catch (ExceptionInInitializerError e) {
            if (e.getCause() instanceof IllegalCallerException denied) {
                throw denied;
            }
            throw e;
        } catch (NoClassDefFoundError e) {
            throw new IllegalCallerException("native calls were refused before", e);
        }
    }

    /** Runs it to its end. */
    public void call(MemorySegment arguments, MemorySegment a, MemorySegment b, MemorySegment c) {
        try {
            Native.CALL.invokeExact(entry, arguments, a, b, c);
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException(e); // a native function throws nothing
        }
    }
}
