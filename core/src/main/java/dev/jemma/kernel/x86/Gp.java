package dev.jemma.kernel.x86;

/** The general registers; RIP only as the base of a constant's address. */
enum Gp {
    RAX(0),
    RCX(1),
    RDX(2),
    RBX(3),
    RSP(4),
    RBP(5),
    RSI(6),
    RDI(7),
    R8(8),
    R9(9),
    R10(10),
    R11(11),
    R12(12),
    R13(13),
    R14(14),
    R15(15),
    RIP(16);

    private final int number;

    Gp(int number) {
        this.number = number;
    }

    int number() {
        return number;
    }

    int low() {
        return number & 7;
    }

    int high() {
        return (number >> 3) & 1;
    }
}
