package dev.jemma.kernel.x86;

/** The general registers, in the order of their numbers; RIP only as the base of a constant's address. */
enum Gp {
    RAX,
    RCX,
    RDX,
    RBX,
    RSP,
    RBP,
    RSI,
    RDI,
    R8,
    R9,
    R10,
    R11,
    R12,
    R13,
    R14,
    R15,
    RIP;

    int low() {
        return ordinal() & 7;
    }

    int high() {
        return ordinal() >> 3 & 1;
    }
}
