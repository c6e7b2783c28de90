/** From text, JSON and Parquet files to packed batches of tokens to train on. */
@NullMarked
package dev.jemma.data;

import org.jspecify.annotations.NullMarked;
