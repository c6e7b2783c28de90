package dev.jemma.kernel.x86;

import dev.jemma.memory.Pages;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Locale;

/**
 * Makes bytes executable; the one place that knows how. Pages are written, then made executable, never both at once:
 * mmap and mprotect where the system lets us, else two mappings of a file in memory, of which the writable one is gone
 * before the first call. Code stays mapped for the life of the process.
 */
public final class CodeSpace {
    /** Name of the system property that forbids emitted code with the value {@code off}. */
    public static final String PROPERTY = "jemma.emit";

    private static final long PAGE = 4096;

    private final Pages pages;

    private CodeSpace(Pages pages) {
        this.pages = pages;
    }

    /**
     * The system's.
     *
     * @throws EmitException if this is no Linux on x86-64, a policy forbids it, or Java may make no native calls
     */
    public static CodeSpace system() {
        if (System.getProperty(PROPERTY, "").equals("off")) {
            throw EmitException.forGood("emitted code is forbidden by -D" + PROPERTY + "=off");
        }
        String system = System.getProperty("os.name", "").toLowerCase(Locale.ROOT);
        if (!system.equals("linux") || !System.getProperty("os.arch", "").equals("amd64")) {
            throw EmitException.forGood("emitted code runs on Linux x86-64 only, for now");
        }
        try {
            Code.link();
            return over(Pages.system());
        } catch (IllegalCallerException e) {
            Module module = CodeSpace.class.getModule();
            throw EmitException.mendable("native access is denied to Jemma; start Java with --enable-native-access="
                    + (module.isNamed() ? module.getName() : "ALL-UNNAMED"));
        }
    }

    /** One over other pages. */
    public static CodeSpace over(Pages pages) {
        return new CodeSpace(pages);
    }

    /**
     * Places code at the start of a page.
     *
     * @throws EmitException if the system refuses both ways
     */
    public Code load(byte[] code) {
        long bytes = Math.ceilDiv(code.length, PAGE) * PAGE;
        long anonymous = pages.map(bytes, Pages.READ | Pages.WRITE, -1);
        String refused = "mmap gave error " + -anonymous;
        if (anonymous > 0) {
            copy(code, anonymous);
            int protect = pages.protect(anonymous, bytes, Pages.READ | Pages.EXECUTE);
            if (protect == 0) {
                return new Code(anonymous);
            }
            pages.unmap(anonymous, bytes);
            refused = "mprotect gave error " + -protect;
        }
        return new Code(twice(code, bytes, refused));
    }

    private long twice(byte[] code, long bytes, String before) {
        int file = pages.file(bytes);
        if (file < 0) {
            throw refused(before + ", memfd_create error " + -file);
        }
        try {
            long writable = pages.map(bytes, Pages.READ | Pages.WRITE, file);
            if (writable < 0) {
                throw refused(before + ", mmap of a memfd error " + -writable);
            }
            copy(code, writable);
            pages.unmap(writable, bytes);
            long executable = pages.map(bytes, Pages.READ | Pages.EXECUTE, file);
            if (executable < 0) {
                throw refused(before + ", executable mmap of a memfd error " + -executable);
            }
            return executable;
        } finally {
            pages.close(file);
        }
    }

    private static EmitException refused(String how) {
        return EmitException.mendable("the system refuses executable memory (" + how
                + "); allow it to this process, for instance in its SELinux or seccomp policy");
    }

    @SuppressWarnings("restricted") // native access is what this class is for
    private static void copy(byte[] code, long address) {
        MemorySegment target = MemorySegment.ofAddress(address).reinterpret(code.length);
        MemorySegment.copy(code, 0, target, ValueLayout.JAVA_BYTE, 0, code.length);
    }
}
