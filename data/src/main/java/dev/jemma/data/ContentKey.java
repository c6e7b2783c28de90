package dev.jemma.data;

import dev.jemma.tokenizer.Tokenizer;
import dev.jemma.tokenizer.Vocabulary;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.security.MessageDigest;
import java.util.List;

/** What shards were made of: the bytes of the sources, the tokenizer, the template and the options. */
final class ContentKey {
    private ContentKey() {}

    static String of(DataJob job, List<DataFile> files) {
        MessageDigest digest = Hashes.sha256();
        Hashes.add(digest, "jemma-shards " + ShardIndex.VERSION);
        Hashes.add(digest, tokenizer(job.tokenizer()));
        Hashes.add(digest, job.template().name());
        Hashes.add(digest, job.options().key());
        for (DataFile file : files) {
            Hashes.add(digest, file.kind() + " " + content(file));
        }
        return Hashes.hex(digest);
    }

    /** Tells vocabularies apart: pieces, scores, types. */
    static String tokenizer(Tokenizer tokenizer) {
        Vocabulary vocabulary = tokenizer.vocabulary();
        MessageDigest digest = Hashes.sha256();
        ByteBuffer numbers = ByteBuffer.allocate(8);
        for (int id = 0; id < vocabulary.size(); id++) {
            Hashes.add(digest, vocabulary.piece(id));
            numbers.putInt(0, Float.floatToIntBits(vocabulary.score(id)));
            numbers.putInt(4, vocabulary.type(id).code());
            digest.update(numbers.array());
        }
        return Hashes.hex(digest);
    }

    private static String content(DataFile file) {
        MessageDigest digest = Hashes.sha256();
        byte[] buffer = new byte[1 << 16];
        try (InputStream in = Files.newInputStream(file.path())) {
            for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                digest.update(buffer, 0, n);
            }
        } catch (IOException e) {
            throw Input.failure(file.path().toString(), e);
        }
        return Hashes.hex(digest);
    }
}
