package dev.jemma.infer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.jemma.chat.ChatTemplate;
import dev.jemma.format.FormatException;
import dev.jemma.model.ModelFiles;
import dev.jemma.testing.Golden;
import dev.jemma.tokenizer.PieceType;
import dev.jemma.tokenizer.SentencePieceModel;
import dev.jemma.tokenizer.Tokenizer;
import dev.jemma.tokenizer.Vocabulary;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Which chat template and which tokenizer a model gets. */
class ChatTemplatesTest {
    private static final List<String> FUNCTION_TOKENS = List.of(
            "<start_function_declaration>",
            "<end_function_declaration>",
            "<start_function_call>",
            "<end_function_call>",
            "<start_function_response>",
            "<end_function_response>",
            "<escape>");

    @TempDir
    Path temp;

    @ParameterizedTest
    @CsvSource({
        "gemma1-mqa, GEMMA",
        "gemma2, GEMMA",
        "vaultgemma, GEMMA",
        "gemma3, GEMMA_3",
        "gemma3-ropescale, GEMMA_3"
    })
    void anArchitectureHasItsTemplateWhateverTheVocabulary(String model, ChatTemplate template) {
        assertThat(of(Golden.path("models/" + model), tiny())).contains(template);
    }

    @Test
    void aModelThatEmbedsHasNone() {
        assertThat(of(Golden.path("models/embeddinggemma"), tiny())).isEmpty();
    }

    @Test
    void functionTokensMakeAGemma3AFunctionGemmaAndNothingElse() {
        Tokenizer named = renamed(FUNCTION_TOKENS);
        assertThat(of(Golden.path("models/gemma3"), named)).contains(ChatTemplate.FUNCTION_GEMMA);
        assertThat(of(Golden.path("models/gemma2"), named)).contains(ChatTemplate.GEMMA);
        Tokenizer half = renamed(FUNCTION_TOKENS.subList(0, 3));
        assertThat(of(Golden.path("models/gemma3"), half)).contains(ChatTemplate.GEMMA_3);
    }

    @Test
    void aVocabularyWithoutTurnTokensCannotChat() {
        int start = tiny().special().startOfTurn();
        assertThat(of(Golden.path("models/gemma3"), renamed(start, List.of("<other>"))))
                .isEmpty();
    }

    @Test
    void theModelsOwnTemplateWinsIfItIsBuiltIn() throws IOException {
        Path folder = copy("gemma3");
        Files.copy(Golden.path("tokenizer/gemma_chat_template.jinja"), folder.resolve("chat_template.jinja"));
        assertThat(of(folder, tiny())).contains(ChatTemplate.GEMMA);
        Files.writeString(folder.resolve("chat_template.jinja"), "{{ 'something else' }}");
        assertThat(of(folder, tiny())).contains(ChatTemplate.GEMMA_3);
    }

    @Test
    void aLoadedModelTellsItsTemplate() {
        ModelOptions options =
                ModelOptions.builder().threads(1).kvBudgetBytes(8L << 20).build();
        try (LanguageModel model = LanguageModel.open(Golden.path("models/gguf/gemma2-F32.gguf"), options)) {
            assertThat(model.chatTemplate()).contains(ChatTemplate.GEMMA);
        }
    }

    /** Both files give the same pieces, but only tokenizer.json names the control tokens of FunctionGemma. */
    @Test
    void tokenizerJsonIsAskedBeforeTokenizerModel() throws IOException {
        Path folder = copy("gemma3");
        Files.copy(Golden.path("models/tokenizer/tokenizer.model"), folder.resolve("tokenizer.model"));
        try (ModelFiles files = ModelFiles.open(folder)) {
            assertThat(TokenizerLoader.load(files).vocabularySize()).isEqualTo(512);
            assertThat(TokenizerLoader.load(folder).vocabularySize()).isEqualTo(512);
            Files.writeString(folder.resolve("tokenizer.json"), "{}");
            assertThatThrownBy(() -> TokenizerLoader.load(files))
                    .isInstanceOf(FormatException.class)
                    .hasMessageContaining("tokenizer.json");
            assertThatThrownBy(() -> TokenizerLoader.load(folder))
                    .isInstanceOf(FormatException.class)
                    .hasMessageContaining("tokenizer.json");
        }
    }

    private static Optional<ChatTemplate> of(Path model, Tokenizer tokenizer) {
        try (ModelFiles files = ModelFiles.open(model)) {
            return ChatTemplates.of(files, tokenizer);
        }
    }

    private Path copy(String model) throws IOException {
        Path folder = Files.createDirectories(temp.resolve(model));
        for (String file : List.of("config.json", "model.safetensors")) {
            Files.copy(Golden.path("models/" + model).resolve(file), folder.resolve(file));
        }
        return folder;
    }

    private static Tokenizer tiny() {
        return new Tokenizer(SentencePieceModel.read(Golden.path("models/tokenizer/tokenizer.model"))
                .vocabulary());
    }

    private static Tokenizer renamed(List<String> controls) {
        return renamed(400, controls);
    }

    /** The small vocabulary with other control tokens in these places. */
    private static Tokenizer renamed(int first, List<String> controls) {
        Vocabulary tiny = tiny().vocabulary();
        Vocabulary.Builder builder = new Vocabulary.Builder("renamed");
        for (int id = 0; id < tiny.size(); id++) {
            int i = id - first;
            boolean other = i >= 0 && i < controls.size();
            builder.add(
                    other ? controls.get(i) : tiny.piece(id),
                    tiny.score(id),
                    other ? PieceType.CONTROL : tiny.type(id));
        }
        return new Tokenizer(builder.build());
    }
}
