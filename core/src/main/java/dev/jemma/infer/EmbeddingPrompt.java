package dev.jemma.infer;

import dev.jemma.JemmaException;
import dev.jemma.tokenizer.SpecialTokens;
import dev.jemma.tokenizer.Tokenizer;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/**
 * What EmbeddingGemma was trained to see in front of a text, by the use that its vector is meant for. Queries and
 * documents of a search take different prompts.
 */
public enum EmbeddingPrompt {
    /** The text alone. */
    NONE(""),
    /** A query of a search. */
    QUERY("task: search result | query: "),
    /** A document to be found; it may have a title, see {@link #document}. */
    DOCUMENT("title: none | text: "),
    /** A question whose answer is looked for. */
    QUESTION_ANSWERING("task: question answering | query: "),
    /** A statement for which evidence is looked for. */
    FACT_CHECKING("task: fact checking | query: "),
    /** A description of code that is looked for. */
    CODE_RETRIEVAL("task: code retrieval | query: "),
    /** A text to be sorted under labels. */
    CLASSIFICATION("task: classification | query: "),
    /** A text to be grouped with similar ones. */
    CLUSTERING("task: clustering | query: "),
    /** A text to be compared with another. */
    SIMILARITY("task: sentence similarity | query: "),
    /** A text to be summarised. */
    SUMMARIZATION("task: summarization | query: ");

    private final String prefix;

    EmbeddingPrompt(String prefix) {
        this.prefix = prefix;
    }

    /** The name that people write: lower case, words joined by {@code -}. */
    public String label() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** The prompt of a label. */
    public static Optional<EmbeddingPrompt> ofLabel(String label) {
        return Arrays.stream(values())
                .filter(prompt -> prompt.label().equals(label))
                .findFirst();
    }

    /** What stands in front of the text. */
    public String prefix() {
        return prefix;
    }

    /** What stands in front of the text of a document with a title. */
    public static String document(String title) {
        return "title: " + (title.isBlank() ? "none" : title) + " | text: ";
    }

    /**
     * The ids of a text for {@link Engine#embed}: with bos in front and eos behind, as the model wants them.
     *
     * @param prefix one of the prompts, or any other text
     * @throws JemmaException if the vocabulary lacks either token
     */
    public static int[] ids(Tokenizer tokenizer, String prefix, String text) {
        int[] begun = tokenizer.withBos(tokenizer.encode(prefix + text));
        int eos = tokenizer.special().eos();
        if (eos == SpecialTokens.ABSENT) {
            throw new JemmaException("the vocabulary has no <eos> piece to end a text with");
        }
        int[] all = Arrays.copyOf(begun, begun.length + 1);
        all[begun.length] = eos;
        return all;
    }
}
