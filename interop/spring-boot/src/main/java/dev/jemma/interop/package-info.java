/** An application as others write them, which embeds Jemma: started and measured by the script beside its POM. */
@NullMarked
package dev.jemma.interop;

import org.jspecify.annotations.NullMarked;
