/** Low-rank adapters in files, and what becomes of a model that takes one in for good. */
@NullMarked
package dev.jemma.adapter;

import org.jspecify.annotations.NullMarked;
