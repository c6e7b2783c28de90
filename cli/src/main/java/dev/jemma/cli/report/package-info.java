/** Charts of training runs and of loads, as a page and a picture. */
@NullMarked
package dev.jemma.cli.report;

import org.jspecify.annotations.NullMarked;
