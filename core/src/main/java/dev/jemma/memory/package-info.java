/** Memory from the system itself: huge pages for weights, executable pages for kernels. Not exported: it deals in addresses. */
@NullMarked
package dev.jemma.memory;

import org.jspecify.annotations.NullMarked;
