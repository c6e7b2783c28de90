package dev.jemma.format;

/** A tensor and the byte of its file where the data start. */
record TensorPlace(TensorInfo info, long position) {}
