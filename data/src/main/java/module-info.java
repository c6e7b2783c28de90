/** Batches of tokens to train on. */
module dev.jemma.data {
    requires dev.jemma.core;
    requires static org.jspecify;

    exports dev.jemma.data;
}
