/** What an evaluation leaves behind: tables and files. */
@NullMarked
package dev.jemma.eval.report;

import org.jspecify.annotations.NullMarked;
