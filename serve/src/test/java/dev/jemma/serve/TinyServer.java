package dev.jemma.serve;

import dev.jemma.infer.LanguageModel;
import dev.jemma.infer.ModelOptions;
import dev.jemma.tokenizer.PieceType;
import dev.jemma.tokenizer.SentencePieceModel;
import dev.jemma.tokenizer.Vocabulary;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

/** A real server on a free port over the small reference models of core's tests, and ways to speak to it. */
final class TinyServer implements AutoCloseable {
    static final ObjectMapper JSON = new ObjectMapper();

    final LanguageModel model;
    final Server server;
    private final List<LanguageModel> models = new ArrayList<>();
    private final HttpClient http = HttpClient.newHttpClient();

    /** An answer and its status. */
    record Reply(int status, String body, HttpResponse<String> response) {
        JsonNode json() {
            return JSON.readTree(body);
        }

        JsonNode error() {
            return json().get("error");
        }

        /** The text of the first choice. */
        String text() {
            JsonNode choice = json().get("choices").get(0);
            return choice.has("text")
                    ? choice.get("text").asString()
                    : choice.at("/message/content").asString();
        }

        /** The data of a stream, the last mark left out. */
        List<JsonNode> events() {
            List<String> data = body.lines()
                    .filter(line -> line.startsWith("data: "))
                    .map(line -> line.substring(6))
                    .toList();
            if (data.isEmpty() || !data.getLast().equals("[DONE]")) {
                throw new AssertionError("a stream without its end: " + body);
            }
            return data.subList(0, data.size() - 1).stream().map(JSON::readTree).toList();
        }
    }

    private TinyServer(
            Path path,
            UnaryOperator<ModelOptions.Builder> loading,
            Map<String, Path> adapters,
            UnaryOperator<ServeOptions.Builder> options,
            boolean embeds) {
        model = LanguageModel.open(
                path, loading.apply(ModelOptions.builder().threads(2)).build());
        models.add(model);
        List<ServedModel> served = new ArrayList<>();
        served.add(new ServedModel("tiny", model, adapters));
        if (embeds) {
            LanguageModel vectors = LanguageModel.open(folder("embeddinggemma"));
            models.add(vectors);
            served.add(new ServedModel("vectors", vectors));
        }
        try {
            server = Server.start(
                    served, options.apply(ServeOptions.builder().port(0)).build());
        } catch (RuntimeException | Error e) {
            models.forEach(LanguageModel::close);
            throw e;
        }
    }

    static TinyServer start() {
        return start(o -> o);
    }

    static TinyServer start(UnaryOperator<ServeOptions.Builder> options) {
        return new TinyServer(golden("gguf/gemma3-F32.gguf"), o -> o, Map.of(), options, false);
    }

    static TinyServer start(
            UnaryOperator<ModelOptions.Builder> loading,
            Map<String, Path> adapters,
            UnaryOperator<ServeOptions.Builder> options) {
        return new TinyServer(folder("gemma3"), loading, adapters, options, false);
    }

    /** With room for the declarations of functions; FunctionGemma's control tokens make it one of its kind. */
    static TinyServer withFunctions(boolean functionGemma, UnaryOperator<ServeOptions.Builder> options) {
        Path folder = folder("gemma3");
        if (functionGemma) {
            nameFunctionTokens(folder.resolve("tokenizer.model"));
        }
        return new TinyServer(folder, o -> o.contextLength(4096), Map.of(), options, false);
    }

    static final int CALL_START = 402;
    private static final List<String> FUNCTION_TOKENS = List.of(
            "<start_function_declaration>",
            "<end_function_declaration>",
            "<start_function_call>",
            "<end_function_call>",
            "<start_function_response>",
            "<end_function_response>",
            "<escape>");

    private static void nameFunctionTokens(Path file) {
        Vocabulary plain = SentencePieceModel.read(file).vocabulary();
        Vocabulary.Builder named = new Vocabulary.Builder("named");
        for (int id = 0; id < plain.size(); id++) {
            int i = id - 400;
            boolean function = i >= 0 && i < FUNCTION_TOKENS.size();
            named.add(
                    function ? FUNCTION_TOKENS.get(i) : plain.piece(id),
                    plain.score(id),
                    function ? PieceType.CONTROL : plain.type(id));
        }
        new SentencePieceModel(named.build()).write(file);
    }

    static TinyServer withEmbeddings() {
        return new TinyServer(golden("gguf/gemma3-F32.gguf"), o -> o, Map.of(), o -> o, true);
    }

    static Path root() {
        Path dir = Path.of("").toAbsolutePath();
        while (!Files.isDirectory(dir.resolve(".mvn"))) {
            dir = dir.getParent();
        }
        return dir;
    }

    static Path golden(String relative) {
        return root().resolve("core/src/test/resources/golden/models").resolve(relative);
    }

    /** Writes an adapter of the query matrices of the model {@code gemma3}, with random numbers, into a folder. */
    static Path adapter(Path folder, long seed) {
        int layers = 7;
        int hidden = 96;
        int heads = 64;
        int rank = 4;
        Random random = new Random(seed);
        StringBuilder header = new StringBuilder("{");
        ByteBuffer data = ByteBuffer.allocate(layers * rank * (hidden + heads) * Float.BYTES)
                .order(ByteOrder.LITTLE_ENDIAN);
        for (int layer = 0; layer < layers; layer++) {
            for (String side : List.of("A", "B")) {
                int from = data.position();
                int n = rank * (side.equals("A") ? hidden : heads);
                for (int i = 0; i < n; i++) {
                    data.putFloat((float) (0.5 * random.nextGaussian()));
                }
                header.append(String.format(
                        "%s\"base_model.model.model.layers.%d.self_attn.q_proj.lora_%s.weight\":{\"dtype\":\"F32\","
                                + "\"shape\":[%s],\"data_offsets\":[%d,%d]}",
                        from == 0 ? "" : ",",
                        layer,
                        side,
                        side.equals("A") ? rank + "," + hidden : heads + "," + rank,
                        from,
                        data.position()));
            }
        }
        byte[] json = header.append('}').toString().getBytes(StandardCharsets.UTF_8);
        ByteBuffer file = ByteBuffer.allocate(8 + json.length + data.capacity()).order(ByteOrder.LITTLE_ENDIAN);
        file.putLong(json.length).put(json).put(data.flip());
        try {
            Files.createDirectories(folder);
            Files.write(folder.resolve("adapter_model.safetensors"), file.array());
            Files.writeString(
                    folder.resolve("adapter_config.json"),
                    "{\"peft_type\": \"LORA\", \"r\": 4, \"lora_alpha\": 8, \"target_modules\": [\"q_proj\"]}");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return folder;
    }

    /** A model as it is published: with its tokenizer beside it. */
    private static Path folder(String name) {
        try {
            Path folder = Files.createTempDirectory(name);
            for (String file : List.of("config.json", "model.safetensors")) {
                Files.copy(golden(name).resolve(file), folder.resolve(file));
            }
            Files.copy(golden("tokenizer/tokenizer.model"), folder.resolve("tokenizer.model"));
            return folder;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    Reply get(String path, String... headers) {
        return send(request(path, headers).GET().build());
    }

    Reply post(String path, String body, String... headers) {
        return send(request(path, headers)
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(body))
                .build());
    }

    private HttpRequest.Builder request(String path, String... headers) {
        HttpRequest.Builder builder = HttpRequest.newBuilder(URI.create(server.url() + path));
        for (int i = 0; i < headers.length; i += 2) {
            builder.header(headers[i], headers[i + 1]);
        }
        return builder;
    }

    Reply send(HttpRequest request) {
        try {
            HttpResponse<String> response =
                    http.send(request, HttpResponse.BodyHandlers.ofString(StandardCharsets.UTF_8));
            return new Reply(response.statusCode(), response.body(), response);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    Socket connect() {
        try {
            Socket socket = new Socket("127.0.0.1", server.port());
            socket.setSoTimeout(20_000);
            return socket;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The bytes of a POST, with further lines in its head. */
    static byte[] raw(String path, String body, String... lines) {
        byte[] entity = body.getBytes(StandardCharsets.UTF_8);
        String more = List.of(lines).stream().map(line -> line + "\r\n").collect(Collectors.joining());
        return ("POST " + path + " HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n" + more
                        + "Content-Length: " + entity.length + "\r\n\r\n" + body)
                .getBytes(StandardCharsets.UTF_8);
    }

    /** A value of /metrics, by the beginning of its line. */
    double metric(String start, String... headers) {
        return get("/metrics", headers)
                .body()
                .lines()
                .filter(line -> line.startsWith(start))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
                .sum();
    }

    /** Waits until a value of /metrics is this; says what it was otherwise. */
    void awaitMetric(String start, double wanted) {
        long end = System.nanoTime() + 30_000_000_000L;
        double is = metric(start);
        while (is != wanted) {
            if (System.nanoTime() > end) {
                throw new AssertionError(start + " is " + is + ", not " + wanted);
            }
            try {
                Thread.sleep(20);
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
            is = metric(start);
        }
    }

    /** Waits until nothing runs, waits or holds memory but this look at the metrics. */
    void awaitQuiet() {
        awaitMetric("jemma_requests_waiting", 0);
        awaitMetric("jemma_sequences_running", 0);
        awaitMetric("jemma_kv_blocks_held", 0);
        awaitMetric("jemma_active_requests", 1);
    }

    @Override
    public void close() {
        http.close();
        server.close();
        models.forEach(LanguageModel::close);
    }
}
