/**
 * From text, JSON and Parquet files to packed batches of tokens to train on; the doors are {@link dev.jemma.data.Shards}
 * and {@link dev.jemma.data.BatchSource}.
 */
module dev.jemma.data {
    requires transitive dev.jemma.core;
    requires com.github.luben.zstd_jni;
    requires dev.hardwood.core;
    requires org.snakeyaml.engine;
    requires tools.jackson.core;
    requires transitive tools.jackson.databind;
    requires static org.jspecify;

    exports dev.jemma.data;
}
