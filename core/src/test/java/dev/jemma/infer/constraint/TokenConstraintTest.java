package dev.jemma.infer.constraint;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.jemma.infer.TokenizerLoader;
import dev.jemma.model.ModelFiles;
import dev.jemma.testing.RealModel;
import dev.jemma.tokenizer.SpecialText;
import dev.jemma.tokenizer.Tokenizer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.json.JsonMapper;

class TokenConstraintTest {
    private static final Tokenizer TINY = TinyVocabulary.tokenizer();
    private static final TokenTrie TRIE = TokenTrie.of(TINY);

    /** The set of a state is that of all tokens tried one by one. */
    private static void checkMask(TokenConstraint constraint, TokenTrie trie, int state, int step) {
        TokenMask mask = constraint.mask(state);
        for (int id = 0; id < trie.vocabularySize(); id += step) {
            assertThat(mask.has(id)).as("token %d", id).isEqualTo(constraint.next(state, id) != TokenConstraint.DEAD);
        }
    }

    @Test
    void masksAreThoseOfTryingEveryToken() {
        JsonMapper mapper = new JsonMapper();
        int checked = 0;
        for (int seed = 0; seed < 60; seed++) {
            Random random = new Random(seed);
            String schema = mapper.writeValueAsString(new RandomSchema(random).next());
            Grammar grammar = Grammar.jsonSchema(schema);
            TokenConstraint constraint = new TokenConstraint(TRIE, grammar);
            int state = constraint.start();
            List<Integer> ids = new ArrayList<>();
            for (int i = 0; i < 40 && !constraint.finished(state); i++, checked++) {
                checkMask(constraint, TRIE, state, 1);
                int id = pick(constraint.mask(state), random);
                ids.add(id);
                state = constraint.next(state, id);
            }
            for (byte b : RandomText.nearestEnd(grammar, state)) { // tokens 5 and on are the bytes
                ids.add(5 + (b & 0xFF));
            }
            String document =
                    TINY.decode(ids.stream().mapToInt(Integer::intValue).toArray(), SpecialText.SHOW);
            assertThat(new Oracle(schema).errors(document))
                    .as("%s of %s", document, schema)
                    .isEmpty();
        }
        assertThat(checked).isGreaterThan(600);
    }

    private static int pick(TokenMask mask, Random random) {
        int chosen = random.nextInt(mask.size());
        for (int id = 0; ; id++) {
            if (mask.has(id) && chosen-- == 0) {
                return id;
            }
        }
    }

    @Test
    void masksOfStringsWithLengthsAreThoseOfTryingEveryToken() {
        for (String pattern :
                List.of("(abc|[^\"]{0,40})\"x", "a{3,70}(bc)*", "[a-z]{0,12}(é|\\d){2,}", "(ab?){2,9}c?", ".*\"")) {
            TokenConstraint constraint = new TokenConstraint(TRIE, Grammar.regex(pattern));
            Random random = new Random(5);
            int state = constraint.start();
            for (int i = 0; i < 30 && !constraint.mask(state).isEmpty(); i++) {
                checkMask(constraint, TRIE, state, 1);
                state = constraint.next(state, pick(constraint.mask(state), random));
            }
        }
    }

    @Test
    void masksOfRandomRepetitionsAreThoseOfTryingEveryToken() {
        List<String> parts =
                List.of(".", "[a-z]", "[^\"]", "(é|[a-c])", "ab", "(a|bc)", "(ab?)", "(a|ab)", "(é|ö|.b)", "a?");
        List<String> tails = List.of("", "\"", "[^q]*", "(ab|\":).*", "a{2,3}\"", "(é{1,3}|b)\"?");
        Random random = new Random(9);
        for (int i = 0; i < 150; i++) {
            int min = random.nextInt(5);
            String max = random.nextBoolean() ? "" : String.valueOf(min + 1 + random.nextInt(6));
            String pattern = (random.nextBoolean() ? "" : "\"")
                    + parts.get(random.nextInt(parts.size())) + "{" + min + "," + max + "}"
                    + tails.get(random.nextInt(tails.size()));
            TokenConstraint constraint = new TokenConstraint(TRIE, Grammar.regex(pattern));
            int state = constraint.start();
            for (int k = 0; k < 8 && !constraint.mask(state).isEmpty(); k++) {
                checkMask(constraint, TRIE, state, 1);
                state = constraint.next(state, pick(constraint.mask(state), random));
            }
        }
    }

    @Test
    void controlTokensNeverComeAndEndTokensOnlyWhereTheTextIsComplete() {
        TokenConstraint constraint = new TokenConstraint(TRIE, Grammar.regex("(a|never|<eos>)+"));
        int[] ends = {TinyVocabulary.END, 5 + 'b'};
        int start = constraint.start();
        assertThat(constraint.complete(start)).isFalse();
        for (int id = 0; id < 5; id++) {
            assertThat(constraint.mask(start, ends).has(id)).isFalse();
            assertThat(constraint.next(start, id)).isEqualTo(TokenConstraint.DEAD);
        }
        int after = constraint.next(start, 5 + 'a');
        assertThat(constraint.complete(after)).isTrue();
        assertThat(constraint.finished(after)).isFalse();
        assertThat(constraint.mask(after, ends).has(TinyVocabulary.END)).isTrue();
        assertThat(constraint.mask(after, ends).has(TinyVocabulary.PAD)).isFalse();
        assertThat(constraint.mask(start, new int[] {5 + 'a'}).has(5 + 'a')).isFalse(); // an end token, too early
    }

    @Test
    void charactersMayComeByteByByte() {
        TokenConstraint constraint = new TokenConstraint(TRIE, Grammar.regex("€+"));
        int state = constraint.start();
        for (byte b : "€".getBytes(UTF_8)) {
            assertThat(constraint.complete(state)).isFalse();
            assertThat(constraint.mask(state).has(5 + (b & 0xFF))).isTrue();
            state = constraint.next(state, 5 + (b & 0xFF));
        }
        assertThat(constraint.complete(state)).isTrue();
    }

    @Test
    void setsThatWereComputedAheadAreTheSame() {
        JsonMapper mapper = new JsonMapper();
        for (int seed = 0; seed < 20; seed++) {
            String schema = mapper.writeValueAsString(new RandomSchema(new Random(seed)).next());
            TokenConstraint ahead = new TokenConstraint(TRIE, Grammar.jsonSchema(schema));
            ahead.prepare(Duration.ofMinutes(1));
            assertThat(ahead.masks()).isPositive();
            TokenConstraint fresh = new TokenConstraint(TRIE, Grammar.jsonSchema(schema));
            Random random = new Random(seed);
            int a = ahead.start();
            int b = fresh.start();
            for (int i = 0; i < 60 && !fresh.finished(b); i++) {
                TokenMask mask = fresh.mask(b);
                assertThat(ids(ahead.mask(a))).isEqualTo(ids(mask));
                int id = pick(mask, random);
                a = ahead.next(a, id);
                b = fresh.next(b, id);
            }
        }
    }

    private static List<Integer> ids(TokenMask mask) {
        List<Integer> ids = new ArrayList<>();
        for (int id = 0; id < TRIE.vocabularySize(); id++) {
            if (mask.has(id)) {
                ids.add(id);
            }
        }
        return ids;
    }

    @Test
    void insidesOfStringsAreComputedOnce() {
        String schema = "{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"string\"},\"b\":{\"type\":\"string\"}},"
                + "\"required\":[\"a\",\"b\"]}";
        TokenConstraint constraint = new TokenConstraint(TRIE, Grammar.jsonSchema(schema));
        TokenMask first = constraint.mask(after(constraint, "{\"a\":\"x"));
        TokenMask second = constraint.mask(after(constraint, "{\"a\":\"x\",\"b\":\"y"));
        assertThat(first.shared()).isNotEmpty().isSameAs(second.shared());
        assertThat(first).isNotEqualTo(second); // what reaches over the end differs
    }

    @Test
    void allSetsOfTokensCountAsItsMemory() {
        TokenConstraint constraint = new TokenConstraint(TRIE, Grammar.regex(".{0,3}[^q]*"));
        assertThat(constraint.setBytes()).isZero();
        int words = (TRIE.vocabularySize() + 63) / 64;
        assertThat(constraint.mask(constraint.start()).shared()).hasSize(words);
        long bits = 3L * Long.BYTES * words; // of the head, of the tail, and of both
        assertThat(constraint.setBytes())
                .isBetween(bits + TRIE.vocabularySize() / 8, bits + 40L * TRIE.vocabularySize());
    }

    private static int after(TokenConstraint constraint, String text) {
        int state = constraint.start();
        for (byte b : text.getBytes(UTF_8)) {
            state = constraint.next(state, 5 + (b & 0xFF));
        }
        return state;
    }

    @Test
    void masksOfTheRealVocabularyAreThoseOfTryingEveryToken() {
        try (ModelFiles files = ModelFiles.open(RealModel.path())) {
            TokenTrie trie = TokenTrie.of(TokenizerLoader.load(files));
            for (int seed = 0; seed < 4; seed++) {
                Random random = new Random(seed);
                String schema = new JsonMapper().writeValueAsString(new RandomSchema(random).next());
                TokenConstraint constraint = new TokenConstraint(trie, Grammar.jsonSchema(schema));
                int state = constraint.start();
                for (int i = 0; i < 12 && !constraint.finished(state); i++) {
                    checkMask(constraint, trie, state, 7);
                    state = constraint.next(state, pick(constraint.mask(state), random));
                }
            }
        }
    }
}
