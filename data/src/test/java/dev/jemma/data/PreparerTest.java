package dev.jemma.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Limits, duplicates, what is held out, and that every document is counted somewhere. */
class PreparerTest {
    @TempDir
    Path folder;

    private Path chats(int count, int words) {
        List<String> lines = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            lines.add("{\"prompt\":\"question " + i + "\",\"response\":\"" + "word ".repeat(words) + "\"}");
        }
        return Fixture.write(folder.resolve("chats.jsonl"), lines.toArray(String[]::new));
    }

    @Test
    void textIsCutIntoPiecesOfNearlyTheSameLengthThatHoldEveryTokenOnce() {
        Path file = Fixture.write(folder.resolve("a.txt"), "The cat sat on the mat. ".repeat(40));
        Example whole = Fixture.prepare(Fixture.job(file)).train().getFirst();
        Fixture.Outcome cut =
                Fixture.prepare(Fixture.job(DataOptions.builder().maxLength(50).build(), file));

        List<Integer> joined = new ArrayList<>(List.of(whole.tokens()[0]));
        for (Example piece : cut.train()) {
            assertThat(piece.length()).isBetween(40, 50);
            assertThat(piece.tokens()[0]).isEqualTo(whole.tokens()[0]);
            assertThat(piece.isText()).isTrue();
            for (int i = 1; i < piece.length(); i++) {
                joined.add(piece.tokens()[i]);
            }
        }
        assertThat(joined.stream().mapToInt(Integer::intValue))
                .containsExactly(java.util.Arrays.stream(whole.tokens()).boxed().toArray(Integer[]::new));
        assertThat(cut.counts().documents()).isEqualTo(1);
        assertThat(cut.counts().examples()).isEqualTo(cut.train().size());
        assertThat(cut.counts().longest()).isLessThanOrEqualTo(50);
    }

    @Test
    void chatsThatAreTooLongLoseTheirEndOrAreDroppedNeverTheirLastTarget() {
        Path file = chats(10, 30);
        int whole = Fixture.prepare(Fixture.job(file)).counts().longest();
        int most = whole - 20;
        Fixture.Outcome cut = Fixture.prepare(
                Fixture.job(DataOptions.builder().maxLength(most).build(), file));
        assertThat(cut.counts().truncated()).isEqualTo(10);
        assertThat(cut.train()).allSatisfy(example -> {
            assertThat(example.length()).isEqualTo(most);
            assertThat(example.trainedTokens()).isPositive();
        });
        Fixture.Outcome dropped = Fixture.prepare(
                Fixture.job(DataOptions.builder().maxLength(most).dropLong(true).build(), file));
        assertThat(dropped.train()).isEmpty();
        assertThat(dropped.counts().dropped()).containsEntry("longer than the maximum", 10L);
        Fixture.Outcome nothing =
                Fixture.prepare(Fixture.job(DataOptions.builder().maxLength(8).build(), file));
        assertThat(nothing.train()).isEmpty();
        assertThat(nothing.counts().dropped()).containsEntry("no trained token within the maximum length", 10L);
    }

    @Test
    void duplicatesAreDroppedWhenAsked() {
        Path file = Fixture.write(
                folder.resolve("a.jsonl"), "{\"text\":\"one\"}", "{\"text\":\"two\"}", "{\"text\":\"one\"}");
        assertThat(Fixture.prepare(Fixture.job(file)).train()).hasSize(3);
        Fixture.Outcome unique =
                Fixture.prepare(Fixture.job(DataOptions.builder().dedupe(true).build(), file, file));
        assertThat(unique.texts()).containsExactly("<bos>[one<eos>]", "<bos>[two<eos>]");
        assertThat(unique.counts().dropped()).containsEntry("duplicate", 4L);
        assertThat(unique.counts().summary())
                .isEqualTo("kept 2 examples (" + unique.counts().tokens() + " tokens, "
                        + unique.counts().trainedTokens() + " trained), truncated 0, dropped 4 (duplicate 4)");
    }

    @Test
    void whatMatchesAnExpressionIsDroppedAndBlankTextToo() {
        Path file = Fixture.write(
                folder.resolve("a.jsonl"),
                "{\"text\":\"see the passage above\"}",
                "{\"text\":\"  \\n\"}",
                "{\"text\":\"fine\"}");
        Fixture.Outcome kept = Fixture.prepare(Fixture.job(
                DataOptions.builder().dropMatching("the (passage|text)\\b").build(), file));
        assertThat(kept.texts()).containsExactly("<bos>[fine<eos>]");
        assertThat(kept.counts().dropped())
                .containsEntry("matched the expression", 1L)
                .containsEntry("empty", 1L);
        assertThat(kept.counts().records()).isEqualTo(3);
        assertThatThrownBy(() -> DataOptions.builder().dropMatching("(").build())
                .isInstanceOf(DataException.class)
                .hasMessageContaining("no regular expression");
    }

    @Test
    void whatIsHeldOutDependsOnContentAlone() {
        DataOptions options = DataOptions.builder().heldOut(0.1).build();
        Fixture.Outcome all = Fixture.prepare(Fixture.job(options, chats(2000, 1)));
        assertThat(all.heldOut().size()).isBetween(150, 250);
        assertThat(all.counts().heldOut()).isEqualTo(all.heldOut().size());
        assertThat(all.train().size() + all.heldOut().size()).isEqualTo(2000);

        Set<Example> held = new HashSet<>(all.heldOut());
        Fixture.Outcome part = Fixture.prepare(Fixture.job(options, chats(500, 1)));
        assertThat(held).containsAll(part.heldOut());
        assertThat(part.train()).noneMatch(held::contains);
        Fixture.Outcome more =
                Fixture.prepare(Fixture.job(DataOptions.builder().heldOut(0.3).build(), chats(500, 1)));
        assertThat(more.heldOut()).containsAll(part.heldOut());
    }

    @Test
    void piecesOfOneTextStayOnOneSide() {
        List<String> lines = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            lines.add("{\"text\":\"" + ("text number " + i + " ").repeat(20) + "\"}");
        }
        Path file = Fixture.write(folder.resolve("a.jsonl"), lines.toArray(String[]::new));
        Fixture.Outcome cut = Fixture.prepare(
                Fixture.job(DataOptions.builder().maxLength(64).heldOut(0.3).build(), file));
        Set<String> heldNumbers = new HashSet<>();
        cut.heldOut().forEach(e -> heldNumbers.addAll(numbers(e)));
        Set<String> trainNumbers = new HashSet<>();
        cut.train().forEach(e -> trainNumbers.addAll(numbers(e)));
        assertThat(heldNumbers).isNotEmpty().doesNotContainAnyElementsOf(trainNumbers);
    }

    private static Set<String> numbers(Example example) {
        Set<String> found = new HashSet<>();
        java.util.regex.Pattern.compile("number (\\d+) ")
                .matcher(Fixture.TOKENIZER.decode(example.tokens()))
                .results()
                .forEach(m -> found.add(m.group(1)));
        return found;
    }

    @Test
    void theFirstErrorInTheDataIsTheOneThatIsTold() {
        List<String> lines = new ArrayList<>();
        for (int i = 0; i < 3000; i++) {
            lines.add(i == 700 || i == 2900 ? "{\"prompt\":\"Q\"}" : "{\"prompt\":\"Q\",\"response\":\"A\"}");
        }
        lines.add("this is no JSON");
        Path file = Fixture.write(folder.resolve("a.jsonl"), lines.toArray(String[]::new));
        for (int threads : new int[] {1, 4}) {
            DataJob job = new DataJob(
                    List.of(file),
                    Fixture.TOKENIZER,
                    dev.jemma.chat.ChatTemplate.GEMMA_3,
                    DataOptions.DEFAULTS,
                    threads);
            assertThatThrownBy(() -> Fixture.prepare(job))
                    .isInstanceOf(DataException.class)
                    .hasMessageContaining("a.jsonl line 701:");
        }
    }

    @Test
    void progressEndsAtTheWholeLength() throws Exception {
        Path file = chats(3000, 3);
        long[] last = new long[2];
        Preparer.run(Fixture.job(file), (_, _) -> {}, (bytes, total) -> {
            assertThat(bytes).isGreaterThanOrEqualTo(last[0]);
            last[0] = bytes;
            last[1] = total;
        });
        assertThat(last[0]).isEqualTo(last[1]).isEqualTo(java.nio.file.Files.size(file));
    }

    @Test
    void lengthsAreCountedByPowersOfTwo() {
        Preparation counts = Fixture.prepare(Fixture.job(chats(100, 8))).counts();
        assertThat(counts.lengths().stream().mapToLong(Long::longValue).sum()).isEqualTo(100);
        assertThat(counts.longest()).isLessThanOrEqualTo(16 << (counts.lengths().size() - 1));
        assertThat(Preparation.fromJson(counts.toJson())).isEqualTo(counts);
    }
}
