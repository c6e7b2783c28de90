package dev.jemma.bench;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import dev.jemma.tokenizer.Tokenizer;
import dev.jemma.tokenizer.TokenizerJson;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.zip.GZIPInputStream;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;
import org.openjdk.jmh.infra.Blackhole;

/**
 * Encoding with one thread, against the Hugging Face tokenizers: milliseconds for 2 MB of English and for 1 MB of mixed
 * scripts and code, in one string and in lines. {@code jemmaCold} builds the tokenizer anew each time, so that no word
 * has been met before.
 *
 * <p>Run: {@code mvn -q -Dquick -DskipTests -pl bench -am package && java -jar bench/target/jemma-bench.jar
 * TokenizerBenchmark}. Texts come from the folders that {@link BenchmarkTexts} names.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(
        value = 1,
        jvmArgsAppend = {"-Xmx3g", "--enable-native-access=ALL-UNNAMED"})
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
public class TokenizerBenchmark {
    /** Which golden vocabulary. */
    @Param({"gemma3", "gemma"})
    public String vocabulary = "";

    /** Which text. */
    @Param({"english", "mixed"})
    public String text = "";

    @SuppressWarnings("NullAway.Init")
    private String whole;

    @SuppressWarnings("NullAway.Init")
    private String[] lines;

    @SuppressWarnings("NullAway.Init")
    private Tokenizer jemma;

    @SuppressWarnings("NullAway.Init")
    private HuggingFaceTokenizer djl;

    /** A tokenizer that has not met any word yet, for each call. */
    @State(Scope.Thread)
    public static class Fresh {
        @SuppressWarnings("NullAway.Init")
        private Tokenizer tokenizer;

        /** Builds it from the vocabulary of the warm one. */
        @Setup(Level.Invocation)
        public void build(TokenizerBenchmark warm) {
            tokenizer = new Tokenizer(warm.jemma.vocabulary());
        }
    }

    /** Loads both tokenizers and the text. */
    @Setup
    public void load() throws IOException {
        Path packed = BenchmarkTexts.shared("golden/tokenizer/" + vocabulary + ".tokenizer.json.gz");
        Path json = Files.createTempFile("tokenizer", ".json");
        try (InputStream in = new GZIPInputStream(Files.newInputStream(packed))) {
            Files.write(json, in.readAllBytes());
            jemma = new Tokenizer(TokenizerJson.read(json));
            djl = HuggingFaceTokenizer.newInstance(json, Map.of("addSpecialTokens", "false", "truncation", "false"));
        } finally {
            Files.delete(json);
        }
        whole = text.equals("english") ? BenchmarkTexts.english(2_000_000) : BenchmarkTexts.mixed(1_000_000);
        lines = whole.split("(?<=\n)");
    }

    @TearDown
    public void close() {
        djl.close();
    }

    @Benchmark
    public int[] jemmaWhole() {
        return jemma.encode(whole);
    }

    @Benchmark
    public int[] jemmaCold(Fresh fresh) {
        return fresh.tokenizer.encode(whole);
    }

    @Benchmark
    public long[] djlWhole() {
        return djl.encode(whole, false, false).getIds();
    }

    @Benchmark
    public void jemmaLines(Blackhole results) {
        for (String line : lines) {
            results.consume(jemma.encode(line));
        }
    }

    @Benchmark
    public void djlLines(Blackhole results) {
        for (String line : lines) {
            results.consume(djl.encode(line, false, false).getIds());
        }
    }
}
