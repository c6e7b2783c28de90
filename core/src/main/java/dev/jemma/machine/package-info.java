/** What the machine offers and what this process may use of it: cores, memory, and where each limit comes from. */
@NullMarked
package dev.jemma.machine;

import org.jspecify.annotations.NullMarked;
