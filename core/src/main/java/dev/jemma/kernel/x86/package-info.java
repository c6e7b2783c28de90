/**
 * Machine code written at run time: a small x86-64 assembler, executable memory, and the generators of kernels. It knows
 * bytes and addresses only; shapes, layouts and checks belong to {@code dev.jemma.kernel}. Not for applications.
 */
@NullMarked
package dev.jemma.kernel.x86;

import org.jspecify.annotations.NullMarked;
