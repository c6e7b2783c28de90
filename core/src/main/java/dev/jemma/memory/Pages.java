package dev.jemma.memory;

import java.util.Locale;

/**
 * What executable memory and memory on huge pages ask of the system; results below zero are errors, −errno. Tests refuse
 * in its place.
 */
public interface Pages {
    /** Protection bits. */
    int READ = 1;

    /** Pages that may be written. */
    int WRITE = 2;

    /** Pages that may be executed. */
    int EXECUTE = 4;

    /** Maps {@code bytes} of private anonymous memory, or of {@code file} where that is 0 or more; the address. */
    long map(long bytes, int protection, int file);

    /** Changes the protection of mapped pages. */
    int protect(long address, long bytes, int protection);

    /** Asks for huge pages where mapped memory is touched from now on; 0 if the system knows them. */
    int adviseHuge(long address, long bytes);

    /** Gives pages back. */
    int unmap(long address, long bytes);

    /** A file in memory of {@code bytes}; its descriptor. */
    int file(long bytes);

    /** Closes a descriptor. */
    int close(int file);

    /** Whether this system's calls are known here; they are Linux's. */
    static boolean known() {
        return System.getProperty("os.name", "").toLowerCase(Locale.ROOT).equals("linux");
    }

    /**
     * The calls of this system, which must be {@link #known}.
     *
     * @throws IllegalCallerException if Java forbids native calls
     */
    static Pages system() {
        return LinuxPages.shared();
    }
}
