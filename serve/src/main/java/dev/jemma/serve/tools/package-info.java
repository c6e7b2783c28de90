/** Functions that models call: how they are told of them, and how their calls are read. Knows no sockets. */
@NullMarked
package dev.jemma.serve.tools;

import org.jspecify.annotations.NullMarked;
