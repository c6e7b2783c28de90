package dev.jemma.tokenizer.training;

import dev.jemma.JemmaException;
import dev.jemma.tokenizer.training.WordCounter.Counts;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * Counts the words of a whole source on several threads. Texts are gathered into parts of about a million characters;
 * parts are counted in parallel, at most two a thread at a time, and added up in their order, so what is counted (and
 * what is dropped, where words are too many) does not depend on the threads.
 */
final class CorpusCounter implements AutoCloseable {
    private static final int PART_CHARACTERS = 1 << 20;

    private final WordCounter counter;
    private final TrainerSettings settings;
    private final TrainingProgress progress;
    private final int threads;
    private final ExecutorService workers;
    private final Deque<Future<Counts>> running = new ArrayDeque<>();
    private List<String> part = new ArrayList<>();
    private long partCharacters;
    private Counts total = Counts.empty();

    CorpusCounter(TrainerSettings settings, int threads, TrainingProgress progress) {
        this.counter = new WordCounter(settings.layout());
        this.settings = settings;
        this.progress = progress;
        this.threads = threads;
        this.workers = Executors.newFixedThreadPool(
                threads, Thread.ofPlatform().daemon().name("count-words-", 0).factory());
    }

    Counts count(TextSource source) {
        source.forEach(this::accept);
        submit();
        while (!running.isEmpty()) {
            addOldest();
        }
        return total;
    }

    private void accept(String text) {
        part.add(text);
        partCharacters += text.length();
        if (partCharacters >= PART_CHARACTERS) {
            submit();
            while (running.size() >= 2 * threads) {
                addOldest();
            }
        }
    }

    private void submit() {
        List<String> texts = part;
        running.add(workers.submit(() -> counter.count(texts)));
        part = new ArrayList<>();
        partCharacters = 0;
    }

    private void addOldest() {
        if (Thread.currentThread().isInterrupted()) { // get() does not look where the part is counted already
            throw interrupted();
        }
        try {
            total = total.plus(running.remove().get(), settings.maxWordCharacters());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw interrupted();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof Error error) {
                throw error;
            }
            throw new JemmaException("the words of the text could not be counted: " + e.getCause(), e);
        }
        progress.counted(total.characters(), total.words().size());
    }

    static CancellationException interrupted() {
        return new CancellationException("the training of the tokenizer was interrupted");
    }

    @Override
    public void close() {
        workers.shutdownNow();
    }
}
