package dev.jemma.kernel.x86;

/** What executable memory asks of the system; results below zero are errors, −errno. Tests refuse in its place. */
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

    /** Gives pages back. */
    int unmap(long address, long bytes);

    /** A file in memory of {@code bytes}; its descriptor. */
    int file(long bytes);

    /** Closes a descriptor. */
    int close(int file);
}
