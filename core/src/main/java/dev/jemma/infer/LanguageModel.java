package dev.jemma.infer;

import dev.jemma.adapter.AdapterFolder;
import dev.jemma.chat.ChatTemplate;
import dev.jemma.chat.FunctionTokens;
import dev.jemma.infer.constraint.Grammar;
import dev.jemma.infer.constraint.TokenConstraint;
import dev.jemma.infer.constraint.TokenTrie;
import dev.jemma.kernel.KernelProviders;
import dev.jemma.kernel.Kernels;
import dev.jemma.kernel.Precision;
import dev.jemma.kernel.WorkerPool;
import dev.jemma.kernel.Workers;
import dev.jemma.machine.Machine;
import dev.jemma.memory.HugeArena;
import dev.jemma.model.Adapter;
import dev.jemma.model.EmbeddingHead;
import dev.jemma.model.Gemma;
import dev.jemma.model.GemmaConfig;
import dev.jemma.model.ModelFiles;
import dev.jemma.model.ModelLoader;
import dev.jemma.tokenizer.PieceType;
import dev.jemma.tokenizer.SpecialText;
import dev.jemma.tokenizer.Tokenizer;
import dev.jemma.tokenizer.Vocabulary;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/**
 * A loaded model with its tokenizer and engine: the door for applications. Safe for use by several threads, which share
 * one engine and so one batch. Opens no network connection.
 *
 * <pre>{@code
 * try (LanguageModel model = LanguageModel.open(Path.of("gemma-3-270m-q4_k_m.gguf"))) {
 *     GenerationRequest request = model.request("The capital of France is").maxTokens(32).build();
 *     model.generate(request, token -> System.out.print(token.text())).await();
 * }
 * }</pre>
 */
public final class LanguageModel implements AutoCloseable {
    private static final long MIN_KV_BUDGET = 1L << 30;
    private static final int CONTEXT_STEP = 256;

    private final ModelFiles files;
    private final ModelOptions options;
    private final Tokenizer tokenizer;
    private final Optional<ChatTemplate> chatTemplate;
    private final GenerationDefaults defaults;
    private final Kernels kernels;
    private final Workers workers;
    private final Arena weights;
    private final Gemma gemma;
    private final Engine engine;
    private final SchemaConstraints schemas =
            new SchemaConstraints(Runtime.getRuntime().maxMemory() / 16);
    private Optional<TokenTrie> trie = Optional.empty(); // made for the first constraint; guarded by this

    private LanguageModel(ModelFiles files, ModelOptions options, Arena weights, Workers workers) {
        this.files = files;
        this.options = options;
        this.weights = weights;
        this.workers = workers;
        Parallel<Tokenizer> reading = Parallel.start("jemma-tokenizer", () -> TokenizerLoader.load(files));
        if (options.speculation() instanceof Speculation.Draft draft) {
            draft.model().checkDraftOf(reading.join().vocabulary()); // before all the weights are read
        }
        kernels = KernelProviders.choose();
        long total = ModelLoader.bytesToRead(files);
        ModelLoader loader = new ModelLoader(files, kernels, workers, weights, done -> {
            reading.check();
            options.loading().loaded(done, total);
        });
        gemma = loader.load(options.embeddingScale());
        EmbeddingHead head = loader.loadHead();
        tokenizer = reading.join();
        chatTemplate = ChatTemplates.of(files, tokenizer);
        defaults = GenerationDefaults.of(files, tokenizer.special());
        EngineOptions engineOptions = engineOptions(files.config(), total);
        engine = new Engine(
                gemma,
                head,
                tokenizer.vocabularySize(),
                () -> tokenizer.streamDecoder(SpecialText.SHOW),
                kernels,
                workers,
                options.precision(),
                engineOptions);
        try {
            options.adapter().map(this::loadAdapter).ifPresent(engine::useAdapter);
        } catch (RuntimeException | Error e) {
            engine.close();
            throw e;
        }
    }

    /** Loads a GGUF file or a Hugging Face folder with default options. */
    public static LanguageModel open(Path path) {
        return open(path, ModelOptions.defaults());
    }

    /**
     * Loads a GGUF file or a Hugging Face folder.
     *
     * @throws dev.jemma.JemmaException if it cannot be read, or is not a model that Jemma runs
     */
    public static LanguageModel open(Path path, ModelOptions options) {
        ModelFiles files = ModelFiles.open(path);
        Arena weights = HugeArena.ofShared();
        Workers workers = new WorkerPool(
                options.threads().orElseGet(() -> Machine.detect().threads().count()));
        try {
            return new LanguageModel(files, options, weights, workers);
        } catch (RuntimeException | Error e) {
            workers.close();
            weights.close();
            files.close();
            throw e;
        }
    }

    private EngineOptions engineOptions(GemmaConfig config, long weightBytes) {
        int wanted = options.contextLength().orElse(config.contextLength());
        long left = Machine.detect().memory().amount() - weightBytes;
        long budget = options.kvBudgetBytes()
                .orElseGet(() -> Math.clamp(kvBytes(config, wanted), MIN_KV_BUDGET, Math.max(MIN_KV_BUDGET, left / 2)));
        // worth a quarter of what is left then, but not the process
        boolean screen = options.screen()
                && LogitScreen.bytes(config.vocabularySize(), config.hiddenSize()) <= (left - budget) / 4;
        int context = wanted;
        while (options.contextLength().isEmpty() && context > CONTEXT_STEP && kvBytes(config, context) > budget) {
            context -= CONTEXT_STEP;
        }
        return new EngineOptions(
                context,
                options.kvType(),
                budget,
                options.batchRows(),
                options.sequences(),
                options.prefixCache(),
                options.speculation(),
                screen ? EngineOptions.DEFAULT_SCREEN_FROM : EngineOptions.NO_SCREEN);
    }

    /**
     * Loads a low-rank adapter in PEFT's form, for requests that name it ({@link RequestBuilder#adapter}); it stays as long
     * as the model does. Requests of several adapters share a batch.
     *
     * @throws dev.jemma.JemmaException if it cannot be read, or was made for another model
     */
    public Adapter loadAdapter(Path folder) {
        return loadAdapter(folder, weights);
    }

    /**
     * As {@link #loadAdapter(Path)}, into memory that may go before the model does.
     *
     * @param arena owns the matrices, until {@link Engine#forget} and the end of every request that names the adapter
     */
    public Adapter loadAdapter(Path folder, Arena arena) {
        return AdapterFolder.read(folder, config(), kernels, arena);
    }

    /** Guesses for another model's engine, with this one's weights and that one's threads. */
    DraftModel draft(int vocabularySize, Workers others, Precision precision, int maxBatchRows, int tokens) {
        return new DraftModel(
                gemma,
                Math.min(vocabularySize, tokenizer.vocabularySize()),
                kernels,
                others,
                precision,
                engine.options(),
                maxBatchRows,
                tokens);
    }

    /** Ids must mean the same in both; control tokens, which differ in name and number within a family, may differ. */
    private void checkDraftOf(Vocabulary theirs) {
        if (config().embedsText()) {
            throw new EngineException("an embedding model does not generate text, so it cannot draft; choose another");
        }
        Vocabulary mine = tokenizer.vocabulary();
        for (int id = 0; id < Math.max(mine.size(), theirs.size()); id++) {
            String here = textPiece(mine, id);
            String there = textPiece(theirs, id);
            if (!here.equals(there)) {
                throw new EngineException("the draft model has another vocabulary (" + mine.size() + " tokens, the"
                        + " model " + theirs.size() + "): token " + id + " is '" + here + "' there and '" + there
                        + "' here; choose a smaller model of the same generation");
            }
        }
    }

    /** The piece of an id if it is text, else empty. */
    private static String textPiece(Vocabulary vocabulary, int id) {
        if (id >= vocabulary.size()) {
            return "";
        }
        PieceType type = vocabulary.type(id);
        return type == PieceType.NORMAL || type == PieceType.BYTE ? vocabulary.piece(id) : "";
    }

    /** What one sequence of so many tokens takes while a chunk is being computed. */
    private long kvBytes(GemmaConfig config, int tokens) {
        return config.kvBytes(tokens, options.kvType())
                + config.kvBytes(options.batchRows() + CONTEXT_STEP, options.kvType());
    }

    /** What the file says the model is. */
    public GemmaConfig config() {
        return files.config();
    }

    /** The files it was loaded from. */
    public ModelFiles files() {
        return files;
    }

    /** The model's tokenizer; safe for use by several threads, also after {@link #close}. */
    public Tokenizer tokenizer() {
        return tokenizer;
    }

    /** The template that turns conversations into prompts; empty if the model cannot chat. */
    public Optional<ChatTemplate> chatTemplate() {
        return chatTemplate;
    }

    /** What a request gets that does not say otherwise. */
    public GenerationDefaults defaults() {
        return defaults;
    }

    /** The engine, for scores, embeddings and everything that this class has no short form of. */
    public Engine engine() {
        return engine;
    }

    /** Name of the kernels in use. */
    public String kernels() {
        return kernels.name();
    }

    /** Compute threads in use. */
    public int threads() {
        return workers.threads();
    }

    /** The factor on token embeddings in force. */
    public float embeddingScale() {
        return gemma.embeddingScale();
    }

    /** A request that continues plain text; control tokens spelled out in it are text. */
    public RequestBuilder request(String prompt) {
        return request(tokenizer.withBos(tokenizer.encode(prompt)));
    }

    /** A request that continues these ids as they are: they should begin with {@code <bos>}. */
    public RequestBuilder request(int[] promptIds) {
        return new RequestBuilder(promptIds, defaults, engine.options().contextLength());
    }

    /** A request whose ids are a conversation: it ends at {@link #turnEnds}. */
    public RequestBuilder chatRequest(int[] promptIds) {
        return request(promptIds).stopIds(turnEnds());
    }

    /**
     * Tokens that end an answer in a conversation: the model's own, and those where its chat template says that a turn
     * ends, which a model without a template of its own does not know (a base model with an adapter, one's own model).
     */
    public Set<Integer> turnEnds() {
        Set<Integer> stops = new HashSet<>(defaults.stopIds());
        chatTemplate.ifPresent(template -> {
            for (int id : template.stopTokens(tokenizer)) {
                stops.add(id);
            }
        });
        return stops;
    }

    /** The name of the file or folder that the model comes from, without the ending of a GGUF file. */
    public String name() {
        Path file = files.path().toAbsolutePath().normalize().getFileName();
        return file == null ? "model" : file.toString().replaceFirst("\\.gguf$", "");
    }

    /**
     * What answers must look like, in this model's tokens; the first one takes a fraction of a second more than others. One
     * may serve any number of requests, and remembers what it has computed; the grammar is not to be used elsewhere.
     */
    public TokenConstraint constraint(Grammar grammar) {
        return new TokenConstraint(vocabularyTree(), grammar);
    }

    /**
     * Answers are documents that a JSON Schema allows. The constraints of the last few schemas are kept, so that asking
     * for one again costs nothing.
     *
     * @throws dev.jemma.JemmaException if the schema is wrong, or says what is not supported
     */
    public TokenConstraint jsonSchema(String schema) {
        return schemas.of(schema, text -> constraint(Grammar.jsonSchema(text)));
    }

    /** Does what the first {@link #constraint} takes more time for. */
    public void prepareConstraints() {
        vocabularyTree();
    }

    private synchronized TokenTrie vocabularyTree() {
        TokenTrie known = trie.orElseGet(() -> TokenTrie.of(
                tokenizer,
                FunctionTokens.of(tokenizer).map(FunctionTokens::calls).orElse(List.of())));
        trie = Optional.of(known);
        return known;
    }

    /** Starts a request; see {@link Engine#submit}. */
    public Generation generate(GenerationRequest request, Consumer<GeneratedToken> listener) {
        return engine.submit(request, listener);
    }

    /** Ends running requests as {@link FinishReason#CANCELLED}, then frees all memory. */
    @Override
    public void close() {
        engine.close();
        workers.close();
        weights.close();
        files.close();
    }
}
