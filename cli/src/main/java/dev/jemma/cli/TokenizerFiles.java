package dev.jemma.cli;

import dev.jemma.JemmaException;
import dev.jemma.chat.ChatTemplate;
import dev.jemma.convert.TokenizerData;
import dev.jemma.format.FormatException;
import dev.jemma.format.HfFolder;
import dev.jemma.infer.TokenizerLoader;
import dev.jemma.model.ModelFiles;
import dev.jemma.tokenizer.GgufVocabulary;
import dev.jemma.tokenizer.PieceType;
import dev.jemma.tokenizer.SentencePieceModel;
import dev.jemma.tokenizer.SpecialTokens;
import dev.jemma.tokenizer.Tokenizer;
import dev.jemma.tokenizer.TokenizerJsonWriter;
import dev.jemma.tokenizer.Vocabulary;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A model's tokenizer on its way between the files of a Hugging Face folder and the keys of a GGUF file. */
final class TokenizerFiles {
    private static final String MODEL = "tokenizer.model";
    static final String CONFIG = "tokenizer_config.json";
    private static final String JSON = "tokenizer.json";
    private static final List<String> FILES =
            List.of(MODEL, JSON, CONFIG, "special_tokens_map.json", "added_tokens.json");

    private TokenizerFiles() {}

    /** The tokenizer of a folder's model, as a GGUF file holds it; empty if there is none. */
    static Optional<TokenizerData> read(ModelFiles files, HfFolder folder) {
        if (!TokenizerLoader.isIn(files)) {
            return Optional.empty();
        }
        Vocabulary vocabulary = TokenizerLoader.vocabulary(files);
        SpecialTokens special = new SpecialTokens(vocabulary);
        // a base model has the piece and never means it: only a model that chats ends its answers there
        boolean ends = folder.chatTemplate().isPresent() && special.endOfTurn() != SpecialTokens.ABSENT;
        Optional<Integer> endOfTurn = ends ? Optional.of(special.endOfTurn()) : Optional.empty();
        boolean embeds = files.config().embedsText();
        return Optional.of(new TokenizerData(
                "llama",
                GgufVocabulary.of(vocabulary),
                present(special.bos(), "<bos>", folder),
                present(special.eos(), "<eos>", folder),
                present(special.unknown(), "<unk>", folder),
                present(special.pad(), "<pad>", folder),
                endOfTurn,
                true,
                embeds, // an embedding model wants an end token behind each text
                folder.chatTemplate()));
    }

    private static int present(int id, String piece, HfFolder folder) {
        if (id == SpecialTokens.ABSENT) {
            throw new FormatException(folder.path() + ": the tokenizer has no piece " + piece + ", as Gemma's have");
        }
        return id;
    }

    private static String piece(Vocabulary vocabulary, int id) {
        if (id >= vocabulary.size()) {
            throw new FormatException(
                    "the model's tokenizer names token " + id + ", but has only " + vocabulary.size());
        }
        return vocabulary.piece(id);
    }

    /**
     * Writes the tokenizer of a model beside a changed form of it: a folder's files as they are, and whichever of
     * {@code tokenizer.model}, {@code tokenizer.json} and {@code tokenizer_config.json} are missing.
     */
    static void write(ModelFiles from, Optional<TokenizerData> tokenizer, Path folder) {
        if (tokenizer.isEmpty()) {
            return;
        }
        if (from.source() instanceof ModelFiles.Source.HuggingFace(HfFolder source)) {
            for (String name : FILES) {
                source.file(name).ifPresent(file -> copy(file, folder.resolve(name)));
            }
        }
        write(tokenizer.get(), folder);
        Path json = folder.resolve(JSON);
        if (!Files.exists(json)) {
            TokenizerJsonWriter.write(json, vocabulary(tokenizer.get()));
        }
    }

    private static void copy(Path file, Path target) {
        try {
            Files.copy(file, target);
        } catch (IOException e) {
            throw new JemmaException(target + " cannot be written: " + e.getMessage(), e);
        }
    }

    private static Vocabulary vocabulary(TokenizerData data) {
        GgufVocabulary pieces = data.pieces();
        int[] types = pieces.types().clone();
        if (data.unknownId() >= types.length) {
            throw new FormatException("the model's tokenizer names token " + data.unknownId() + " as the unknown one,"
                    + " but has only " + types.length);
        }
        types[data.unknownId()] = PieceType.UNKNOWN.code(); // GGUF files call it a control token
        return new GgufVocabulary(pieces.tokens(), pieces.scores(), types).vocabulary("the model's tokenizer");
    }

    /** Writes a GGUF file's tokenizer into a folder, where it is not there: the SentencePiece model and its settings. */
    static void write(TokenizerData data, Path folder) {
        Vocabulary vocabulary = vocabulary(data);
        Map<String, Object> config = config(data.addBos(), data.addEos());
        config.put("bos_token", piece(vocabulary, data.bosId()));
        config.put("eos_token", piece(vocabulary, data.eosId()));
        config.put("unk_token", piece(vocabulary, data.unknownId()));
        config.put("pad_token", piece(vocabulary, data.paddingId()));
        config.put("added_tokens_decoder", added(vocabulary));
        try {
            if (!Files.exists(folder.resolve(MODEL))) {
                Files.write(folder.resolve(MODEL), new SentencePieceModel(vocabulary).toBytes());
            }
            if (!Files.exists(folder.resolve(CONFIG))) {
                Files.writeString(folder.resolve(CONFIG), Json.pretty(config) + "\n");
            }
        } catch (IOException e) {
            throw new JemmaException("the tokenizer cannot be written to " + folder + ": " + e.getMessage(), e);
        }
    }

    /**
     * Writes {@code tokenizer_config.json} for a vocabulary that was just learned: what transformers wants to know beside
     * {@code tokenizer.json}, which has the pieces that are cut out whole, and the chat template of Gemma 3 if there are
     * turn tokens.
     */
    static void writeConfig(Vocabulary vocabulary, Path folder) {
        SpecialTokens special = new SpecialTokens(vocabulary);
        Map<String, Object> config = config(true, false);
        config.put("bos_token", piece(vocabulary, special.bos()));
        config.put("eos_token", piece(vocabulary, special.eos()));
        config.put("unk_token", piece(vocabulary, special.unknown()));
        config.put("pad_token", piece(vocabulary, special.pad()));
        if (ChatTemplate.GEMMA_3.fits(new Tokenizer(vocabulary))) {
            ChatTemplate.GEMMA_3.jinja().ifPresent(jinja -> config.put("chat_template", jinja));
        }
        try {
            Files.writeString(folder.resolve(CONFIG), Json.pretty(config) + "\n");
        } catch (IOException e) {
            throw new JemmaException("the tokenizer cannot be written to " + folder + ": " + e.getMessage(), e);
        }
    }

    private static Map<String, Object> config(boolean addBos, boolean addEos) {
        Map<String, Object> config = new LinkedHashMap<>();
        config.put("tokenizer_class", "GemmaTokenizer");
        config.put("add_bos_token", addBos);
        config.put("add_eos_token", addEos);
        config.put("clean_up_tokenization_spaces", false);
        return config;
    }

    /** What other software needs to be told of pieces that are cut out of the text whole. */
    private static Map<String, Object> added(Vocabulary vocabulary) {
        SpecialTokens special = new SpecialTokens(vocabulary);
        Map<String, Object> added = new LinkedHashMap<>();
        for (int id = 0; id < vocabulary.size(); id++) {
            PieceType type = vocabulary.type(id);
            if (type == PieceType.CONTROL || type == PieceType.UNKNOWN || type == PieceType.USER_DEFINED) {
                Map<String, Object> token = new LinkedHashMap<>();
                token.put("content", vocabulary.piece(id));
                token.put("lstrip", false);
                token.put("normalized", false);
                token.put("rstrip", false);
                token.put("single_word", false);
                token.put("special", special.isSpecial(id));
                added.put(Integer.toString(id), token);
            }
        }
        return added;
    }
}
