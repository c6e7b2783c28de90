package dev.jemma.data;

import dev.jemma.chat.ChatTemplate;
import dev.jemma.tokenizer.Tokenizer;
import java.nio.file.Path;
import java.util.List;

/**
 * Training data, and how it becomes tokens.
 *
 * @param sources files and folders, read in this order, a folder's files in sorted order
 * @param tokenizer of the model that is trained
 * @param template of chats; the system message goes into the first user turn for Gemma 1 and 2 too
 * @param threads tokenizing at once; the result does not depend on it
 */
public record DataJob(
        List<Path> sources, Tokenizer tokenizer, ChatTemplate template, DataOptions options, int threads) {
    public DataJob {
        sources = List.copyOf(sources);
        if (threads < 1) {
            throw new IllegalArgumentException("at least one thread: " + threads);
        }
    }

    /**
     * Looks whether sources are there, before any work.
     *
     * @throws DataException if a file or folder is missing, or its name does not tell its format
     */
    public static void requireSources(List<Path> sources) {
        DataFile.find(sources);
    }

    /** The template of a vocabulary by itself, where no model says which: Gemma's turns, or FunctionGemma's. */
    public static ChatTemplate templateOf(Tokenizer tokenizer) {
        return ChatTemplate.FUNCTION_GEMMA.fits(tokenizer) ? ChatTemplate.FUNCTION_GEMMA : ChatTemplate.GEMMA_3;
    }
}
