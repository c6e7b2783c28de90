/** The arithmetic of a forward pass: one interface, a scalar twin that defines the answer, faster providers. */
@NullMarked
package dev.jemma.kernel;

import org.jspecify.annotations.NullMarked;
