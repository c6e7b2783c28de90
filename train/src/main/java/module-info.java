/** Train Gemma models inside a JVM; the door is {@link dev.jemma.train.Trainer}. */
module dev.jemma.train {
    requires transitive dev.jemma.core;
    requires transitive dev.jemma.data;
    requires org.snakeyaml.engine;
    requires static org.jspecify;

    exports dev.jemma.train;
    exports dev.jemma.train.optimizer;
    exports dev.jemma.train.tape;
}
