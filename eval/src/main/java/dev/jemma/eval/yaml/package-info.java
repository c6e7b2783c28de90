/** Tasks of a user's own, described in YAML. */
@NullMarked
package dev.jemma.eval.yaml;

import org.jspecify.annotations.NullMarked;
