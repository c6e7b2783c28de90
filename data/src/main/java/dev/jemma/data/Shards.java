package dev.jemma.data;

import dev.jemma.tokenizer.Tokenizer;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Training data as tokens in a folder of memory-mapped files, examples to train on apart from those held out. They are
 * made once and used again as long as sources, tokenizer and options are the same. Close it when no batch is wanted any
 * more. Safe for use by several threads.
 */
public final class Shards implements AutoCloseable {
    private static final String TRAIN = "shard";
    private static final String HELD_OUT = "eval";

    private final Arena arena;
    private final ShardIndex index;
    private final boolean reused;
    private final Optional<String> fault;
    private final Examples train;
    private final Examples heldOut;

    @SuppressWarnings("MustBeClosedChecker") // close() does
    private Shards(Path folder, ShardIndex index, boolean reused, Optional<String> fault) {
        this.index = index;
        this.reused = reused;
        this.fault = fault;
        this.arena = Arena.ofShared();
        boolean whole = false;
        try {
            this.train = open(folder, index.train(), index.key());
            this.heldOut = open(folder, index.heldOut(), index.key() + "-held-out");
            whole = true;
        } finally {
            if (!whole) {
                arena.close();
            }
        }
    }

    private Examples open(Path folder, List<ShardIndex.Entry> entries, String fingerprint) {
        List<ShardFile> files = new ArrayList<>();
        for (ShardIndex.Entry entry : entries) {
            files.add(ShardFile.open(folder, entry, index.vocabulary(), arena));
        }
        return new ShardExamples(files, fingerprint);
    }

    /**
     * The shards of a job: those in the folder if they were made of the same, else new ones in their place. A folder
     * without our index may hold other files, which are left alone.
     *
     * @param folder made if it is not there
     * @throws DataException as {@link Preparer#run} does; if all examples are preference pairs, which have no shards; if
     *     the folder cannot be written
     */
    public static Shards prepare(DataJob job, Path folder, PreparationListener listener) {
        return prepare(job, folder, listener, ShardWriter.SHARD_TOKENS);
    }

    static Shards prepare(DataJob job, Path folder, PreparationListener listener, long shardTokens) {
        String key = ContentKey.of(job, DataFile.find(job.sources()));
        Optional<String> fault = Optional.empty();
        try {
            Files.createDirectories(folder);
            try (FileChannel lock =
                    FileChannel.open(folder.resolve(".lock"), StandardOpenOption.WRITE, StandardOpenOption.CREATE)) {
                if (!locked(lock)) {
                    throw new DataException(folder + ": another run is preparing data here; wait for it to end");
                }
                if (ShardIndex.isIn(folder)) {
                    try {
                        ShardIndex index = ShardIndex.read(folder);
                        if (index.key().equals(key)) {
                            return new Shards(folder, index, true, Optional.empty());
                        }
                    } catch (DataException e) {
                        fault = Optional.of(String.valueOf(e.getMessage()));
                    }
                }
                return write(job, key, folder, listener, shardTokens, fault);
            }
        } catch (IOException e) {
            throw AtomicFile.failed(folder, e);
        }
    }

    private static boolean locked(FileChannel channel) throws IOException {
        try {
            return channel.tryLock() != null; // given up when the channel is closed
        } catch (OverlappingFileLockException e) {
            return false;
        }
    }

    private static Shards write(
            DataJob job,
            String key,
            Path folder,
            PreparationListener listener,
            long shardTokens,
            Optional<String> fault)
            throws IOException {
        clear(folder);
        try (ShardWriter train = new ShardWriter(folder, TRAIN, shardTokens);
                ShardWriter heldOut = new ShardWriter(folder, HELD_OUT, shardTokens)) {
            Preparation preparation = Preparer.run(
                    job,
                    (example, isHeldOut) -> {
                        (isHeldOut ? heldOut : train).add(example);
                    },
                    listener);
            if (preparation.pairs() > 0) {
                throw new DataException("preference pairs (chosen, rejected) are no examples to fine-tune on; --schema"
                        + " takes the records as something else, if they have the fields");
            }
            ShardIndex index = new ShardIndex(
                    key,
                    ContentKey.tokenizer(job.tokenizer()),
                    job.tokenizer().vocabularySize(),
                    train.finish(),
                    heldOut.finish(),
                    preparation);
            index.write(folder);
            return new Shards(folder, index, false, fault);
        }
    }

    /** Takes away an older index first, so that a run that is broken off leaves nothing that looks whole. */
    private static void clear(Path folder) throws IOException {
        Files.deleteIfExists(folder.resolve(ShardIndex.NAME));
        try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, "{,.}{shard,eval}-[0-9]*.bin{,.part}")) {
            for (Path file : files) {
                Files.delete(file);
            }
        }
    }

    /**
     * Opens shards that were prepared before.
     *
     * @throws DataException if there are none, they are damaged, or of another tokenizer
     */
    public static Shards open(Path folder, Tokenizer tokenizer) {
        if (!ShardIndex.isIn(folder)) {
            throw new DataException(folder + ": holds no prepared data; jemma prepare --out makes it");
        }
        ShardIndex index = ShardIndex.read(folder);
        if (!index.tokenizer().equals(ContentKey.tokenizer(tokenizer))) {
            throw new DataException(folder + ": was prepared with another tokenizer; prepare the data again");
        }
        return new Shards(folder, index, true, Optional.empty());
    }

    /** What became of the sources. */
    public Preparation preparation() {
        return index.preparation();
    }

    /** Whether they were there already. */
    public boolean reused() {
        return reused;
    }

    /** Why older ones were not used though they were there: they are damaged. */
    public Optional<String> fault() {
        return fault;
    }

    /** Examples to train on. */
    public Examples train() {
        return train;
    }

    /** Examples held out for evaluation. */
    public Examples heldOut() {
        return heldOut;
    }

    @Override
    public void close() {
        arena.close();
    }
}
