package dev.jemma.tokenizer.training;

import dev.jemma.JemmaException;
import dev.jemma.tokenizer.PieceType;
import dev.jemma.tokenizer.Vocabulary;
import dev.jemma.tokenizer.training.WordCounter.Counts;
import java.util.List;
import java.util.concurrent.CancellationException;

/**
 * Trains a tokenizer: counts the words of a text, chooses its alphabet, learns merges. The vocabulary is the one that
 * SentencePiece's BPE trainer gives for the same settings, in pieces, order and scores. (SentencePiece looks for the next
 * merge among the most frequent pairs only. Where a vocabulary is so large for its text that it takes in pairs of equal,
 * tiny counts, its choice among these is left to chance, and ours, the first by length and text, may be another.)
 *
 * <p>Memory: one part of the text a thread, and about 32 bytes for each character of the different words, which {@link
 * TrainerSettings#maxWordCharacters} limits. The text itself is read once and not kept.
 */
public final class TokenizerTrainer {
    private TokenizerTrainer() {}

    /**
     * Trains on all texts of a source.
     *
     * @param threads that count; the result does not depend on it
     * @throws JemmaException if the text has too many characters for the vocabulary's size, or too little to learn from
     * @throws CancellationException if the thread is interrupted
     */
    public static TrainedTokenizer train(
            TextSource source, TrainerSettings settings, int threads, TrainingProgress progress) {
        Counts counts;
        try (CorpusCounter counter = new CorpusCounter(settings, threads, progress)) {
            counts = counter.count(source);
        }
        if (counts.words().size() == 0) {
            throw new JemmaException("there is no text to learn from: the sources hold no word");
        }
        Alphabet alphabet = Alphabet.of(counts, settings);
        int fixed = settings.layout().size() + alphabet.size();
        int toLearn = settings.vocabularySize() - fixed;
        if (toLearn < 0) {
            throw new JemmaException("a vocabulary of " + settings.vocabularySize() + " is too small for this text: "
                    + settings.layout().size() + " fixed pieces and " + alphabet.size()
                    + " single characters are " + fixed + "; take a larger one or a lower character coverage");
        }
        List<String> learned = new MergeLearner(counts, alphabet, new PieceRules(settings)).learn(toLearn, progress);
        if (learned.size() < toLearn) {
            throw new JemmaException(
                    "a vocabulary of " + settings.vocabularySize() + " is too large for this text, which" + " gives "
                            + (fixed + learned.size()) + " pieces and no more; take a smaller one or more text");
        }
        return new TrainedTokenizer(
                vocabulary(settings, learned, alphabet),
                settings,
                learned.size(),
                alphabet.size(),
                counts.characters(),
                counts.lines(),
                counts.skippedLines(),
                counts.words().size());
    }

    private static Vocabulary vocabulary(TrainerSettings settings, List<String> learned, Alphabet alphabet) {
        Vocabulary.Builder pieces = new Vocabulary.Builder("the trained tokenizer");
        settings.layout().putInto(pieces);
        for (int i = 0; i < learned.size(); i++) {
            pieces.add(learned.get(i), -(float) i, PieceType.NORMAL);
        }
        for (int symbol = 0; symbol < alphabet.size(); symbol++) {
            pieces.add(alphabet.text(symbol), -(float) (learned.size() + symbol), PieceType.NORMAL);
        }
        return pieces.build();
    }
}
