/** Connections: their phases and time limits, who may speak, and answers written piece by piece. Knows no models. */
@NullMarked
package dev.jemma.serve.transport;

import org.jspecify.annotations.NullMarked;
