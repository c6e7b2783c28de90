package dev.jemma.serve;

import static org.assertj.core.api.Assertions.assertThat;

import dev.jemma.serve.TinyServer.Reply;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** Many requests at once: each gets the text that it gets alone, whatever else runs, gives way, or waits. */
class LoadTest {
    private static final String COMPLETE = "/v1/completions";

    @TempDir
    Path folder;

    private Map<String, Path> adapters() {
        return Map.of(
                "lora",
                TinyServer.adapter(folder.resolve("a"), 1),
                "other",
                TinyServer.adapter(folder.resolve("b"), 2));
    }

    private static List<String> requests(int count) {
        Random random = new Random(17);
        List<String> models = List.of("tiny", "tiny+lora", "tiny+other");
        List<String> bodies = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            StringBuilder prompt = new StringBuilder("2");
            for (int t = random.nextInt(60); t >= 0; t--) {
                prompt.append(',').append(3 + random.nextInt(500));
            }
            bodies.add("{\"model\": \"" + models.get(i % 3) + "\", \"prompt\": [" + prompt + "], \"max_tokens\": "
                    + (60 + random.nextInt(60)) + ", \"temperature\": " + (i % 2) + ", \"ignore_eos\": true, \"n\": "
                    + (i % 8 == 7 ? 2 : 1) + ", \"seed\": " + i + ", \"stream\": " + (i % 4 >= 2) + "}");
        }
        return bodies;
    }

    /** The texts of all choices, whether they came whole or in pieces. */
    private static Map<Integer, String> texts(Reply reply) {
        assertThat(reply.status()).as(reply.body()).isEqualTo(200);
        List<JsonNode> parts = reply.body().startsWith("{") ? List.of(reply.json()) : reply.events();
        Map<Integer, StringBuilder> texts = new LinkedHashMap<>();
        for (JsonNode part : parts) {
            for (JsonNode choice : part.get("choices")) {
                texts.computeIfAbsent(choice.get("index").asInt(), _ -> new StringBuilder())
                        .append(choice.get("text").asString());
            }
        }
        Map<Integer, String> result = new LinkedHashMap<>();
        texts.forEach((index, text) -> result.put(index, text.toString()));
        return result;
    }

    @Test
    void everyAnswerIsTheSameAloneAndInACrowdWithAdaptersMixedAndMemoryShort() throws Exception {
        List<String> bodies = requests(24);
        List<Map<Integer, String>> alone = new ArrayList<>();
        try (TinyServer tiny = TinyServer.start(o -> o.prefixCache(false), adapters(), o -> o)) {
            bodies.forEach(body -> alone.add(texts(tiny.post(COMPLETE, body))));
            assertThat(texts(tiny.post(COMPLETE, bodies.getFirst())))
                    .isNotEqualTo(texts(tiny.post(COMPLETE, bodies.getFirst().replace("\"tiny\"", "\"tiny+lora\""))));
        }
        long budget = 100L << 10; // few sequences fit
        try (TinyServer tiny = TinyServer.start(o -> o.kvBudgetBytes(budget).batchRows(8), adapters(), o -> o);
                ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<Map<Integer, String>>> together = new ArrayList<>();
            for (String body : bodies) {
                together.add(threads.submit(() -> texts(tiny.post(COMPLETE, body))));
            }
            for (int i = 0; i < bodies.size(); i++) {
                assertThat(together.get(i).get()).as(bodies.get(i)).isEqualTo(alone.get(i));
            }
            assertThat(tiny.metric("jemma_preemptions_total")).isPositive();
            tiny.awaitQuiet();
        }
    }

    @Test
    void aFullQueueSaysWhenToComeAgain() throws Exception {
        try (TinyServer tiny = TinyServer.start(o -> o.sequences(1).batchRows(8), Map.of(), o -> o.maxQueue(1));
                ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            String body = "{\"prompt\": \"Hello\", \"max_tokens\": 200, \"ignore_eos\": true}";
            List<Future<Reply>> replies = new ArrayList<>();
            for (int i = 0; i < 12; i++) {
                replies.add(threads.submit(() -> tiny.post(COMPLETE, body)));
            }
            int busy = 0;
            for (Future<Reply> reply : replies) {
                if (reply.get().status() == 429) {
                    busy++;
                    assertThat(reply.get().response().headers().firstValueAsLong("retry-after"))
                            .isPresent();
                    assertThat(reply.get().error().get("code").asString()).isEqualTo("queue_full");
                } else {
                    assertThat(reply.get().status()).isEqualTo(200);
                }
            }
            assertThat(busy).isBetween(1, 11);
            Reply batch = tiny.post(COMPLETE, "{\"prompt\": [\"a\", \"b\", \"c\"], \"max_tokens\": 1}");
            assertThat(batch.status()).isEqualTo(429);
            tiny.awaitQuiet();
        }
    }

    @Test
    void aRequestBeyondItsDeadlineIsEnded() {
        try (TinyServer tiny = TinyServer.start(o -> o.requestTimeout(java.time.Duration.ofMillis(1)))) {
            Reply reply = tiny.post(COMPLETE, "{\"prompt\": \"Hello\", \"max_tokens\": 240, \"ignore_eos\": true}");
            assertThat(reply.status()).isEqualTo(504);
            assertThat(reply.error().get("code").asString()).isEqualTo("deadline_exceeded");
            tiny.awaitQuiet();
        }
    }

    @Test
    void adaptersAreReadAgainWithoutARestartAndABadOneChangesNothing() throws IOException {
        Path adapter = TinyServer.adapter(folder.resolve("mine"), 1);
        String body = "{\"model\": \"tiny+mine\", \"prompt\": \"Hello world\", \"max_tokens\": 20, \"temperature\": 0}";
        try (TinyServer tiny = TinyServer.start(o -> o, Map.of("mine", adapter), o -> o)) {
            String before = tiny.post(COMPLETE, body).text();
            TinyServer.adapter(adapter, 2);
            assertThat(tiny.post(COMPLETE, body).text()).isEqualTo(before);
            assertThat(tiny.post("/v1/adapters/reload", "").status()).isEqualTo(200);
            String after = tiny.post(COMPLETE, body).text();
            assertThat(after).isNotEqualTo(before);
            Files.writeString(adapter.resolve("adapter_config.json"), "{");
            assertThat(tiny.post("/v1/adapters/reload", "").status()).isEqualTo(400);
            assertThat(tiny.post(COMPLETE, body).text()).isEqualTo(after);
        }
    }

    @Test
    void aStopWaitsForWhatRunsAndRefusesWhatIsNew() throws Exception {
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            TinyServer tiny = TinyServer.start();
            String body = "{\"prompt\": \"Hello\", \"max_tokens\": 200, \"ignore_eos\": true}";
            Future<Reply> running = threads.submit(() -> tiny.post(COMPLETE, body));
            while (tiny.model.engine().stats().sequences() == 0 && !running.isDone()) {
                Thread.onSpinWait();
            }
            tiny.close();
            assertThat(running.get().status()).isEqualTo(200);
        }
    }
}
