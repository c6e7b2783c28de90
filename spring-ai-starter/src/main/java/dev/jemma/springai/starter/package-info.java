/** Auto-configuration for Spring Boot: models opened from properties, closed with the context. */
@NullMarked
package dev.jemma.springai.starter;

import org.jspecify.annotations.NullMarked;
