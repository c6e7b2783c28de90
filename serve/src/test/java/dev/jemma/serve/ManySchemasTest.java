package dev.jemma.serve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import com.networknt.schema.InputFormat;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import dev.jemma.serve.TinyServer.Reply;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Answers to hundreds of schemas over HTTP, judged by another library. {@code -Djemma.schemas.answers} says how many of
 * each; {@code -Djemma.schemas.suite} names a folder of the public JSON Schema test suite, whose schemas are then asked
 * for, too.
 */
class ManySchemasTest {
    private static final int GENERATED = 200;
    private static final int ANSWERS = Integer.getInteger("jemma.schemas.answers", 1);
    private static final int AT_ONCE = 8;
    private static final SchemaRegistry REGISTRY =
            SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12);

    private enum Outcome {
        VALID,
        CUT,
        REFUSED
    }

    @Test
    void everyAnswerToEveryGeneratedSchemaIsValid() throws Exception {
        Set<String> schemas = new LinkedHashSet<>();
        for (int seed = 0; schemas.size() < GENERATED; seed++) {
            schemas.add(GeneratedSchema.of(seed));
        }
        List<Outcome> all = ask(List.copyOf(schemas));
        assertThat(all).doesNotContain(Outcome.REFUSED);
        assertThat(all.stream().filter(Outcome.CUT::equals).count()).isLessThanOrEqualTo(all.size() / 20);
    }

    /** Those that say what is not supported are refused; each of the others gets a valid answer. */
    @Test
    void everyAnswerToASupportedSchemaOfThePublicSuiteIsValid() throws Exception {
        String folder = System.getProperty("jemma.schemas.suite", "");
        assumeFalse(folder.isEmpty(), "no suite was named");
        List<String> schemas = suite(Path.of(folder));
        List<Outcome> all = ask(schemas);
        long valid = all.stream().filter(Outcome.VALID::equals).count();
        long cut = all.stream().filter(Outcome.CUT::equals).count();
        System.out.println("public suite: " + schemas.size() + " schemas, " + ANSWERS + " answers each: " + valid
                + " valid, " + cut + " cut, " + (all.size() - valid - cut) + " refused");
        assertThat(valid).isGreaterThan(100);
        assertThat(cut).isLessThanOrEqualTo(all.size() / 10);
    }

    private static List<String> suite(Path folder) throws IOException {
        Set<String> schemas = new LinkedHashSet<>();
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file :
                    files.filter(f -> f.toString().endsWith(".json")).sorted().toList()) {
                for (JsonNode group : TinyServer.JSON.readTree(Files.readString(file))) {
                    if (group.get("schema") instanceof ObjectNode schema) {
                        schema.remove("$schema");
                        schemas.add(schema.toString());
                    }
                }
            }
        }
        return List.copyOf(schemas);
    }

    private static List<Outcome> ask(List<String> schemas) throws Exception {
        List<Outcome> outcomes = new ArrayList<>();
        try (TinyServer tiny = TinyServer.withFunctions(false, o -> o);
                ExecutorService threads = Executors.newFixedThreadPool(AT_ONCE)) {
            List<Future<Outcome>> asked = new ArrayList<>();
            for (int answer = 0; answer < ANSWERS; answer++) {
                for (int i = 0; i < schemas.size(); i++) {
                    String schema = schemas.get(i);
                    long seed = (long) answer * schemas.size() + i;
                    asked.add(threads.submit(() -> outcome(tiny, schema, seed)));
                }
            }
            for (Future<Outcome> each : asked) {
                outcomes.add(each.get());
            }
            tiny.awaitQuiet();
            tiny.awaitMetric("jemma_constraints_in_use", 0);
        }
        return outcomes;
    }

    private static Outcome outcome(TinyServer tiny, String schema, long seed) {
        Reply reply = tiny.post(
                "/v1/chat/completions",
                "{\"messages\": [{\"role\": \"user\", \"content\": \"JSON\"}], \"temperature\": 1, \"max_tokens\": 1500,"
                        + " \"seed\": " + seed + ", \"response_format\": {\"type\": \"json_schema\", \"json_schema\":"
                        + " {\"name\": \"s\", \"schema\": " + schema + "}}}");
        if (reply.status() == 400) {
            assertThat(reply.error().get("param").asString()).isEqualTo("response_format.json_schema.schema");
            return Outcome.REFUSED;
        }
        assertThat(reply.status()).as(reply.body()).isEqualTo(200);
        if (!reply.json().at("/choices/0/finish_reason").asString().equals("stop")) {
            return Outcome.CUT;
        }
        Schema judge = REGISTRY.getSchema(schema);
        assertThat(judge.validate(
                        reply.text(),
                        InputFormat.JSON,
                        context -> context.executionConfig(config -> config.formatAssertionsEnabled(true))))
                .as("%s%nof %s", reply.text(), schema)
                .isEmpty();
        return Outcome.VALID;
    }
}
