package dev.jemma.eval.contamination;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.jemma.data.TextSplit;
import dev.jemma.eval.EvalException;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.text.Normalizer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class DecontaminationTest {
    private static final String QUESTION =
            "Which of the seven bridges of the old town did the geometer cross twice on his way home?";
    private static final String GOAL = "To polish a brass lamp without scratches";

    @TempDir
    private Path folder;

    private Path benchmarks;
    private Path corpus;
    private final List<Hit> hits = new ArrayList<>();
    private boolean stop;

    @BeforeEach
    void write() throws IOException {
        benchmarks = Files.createDirectories(folder.resolve("bench"));
        corpus = Files.createDirectories(folder.resolve("corpus"));
        put(
                benchmarks.resolve("bridges/test.jsonl"),
                "{\"question\":\"" + QUESTION + "\",\"choices\":[\"one\",\"two\"],\"answer\":1}\n"
                        + "{\"question\":\"A lamp that burns whale oil is lit by the keeper at dusk and put out at dawn by"
                        + " whom?\"}\n");
        put(
                benchmarks.resolve("lamps/validation.jsonl"),
                "{\"goal\":\"" + GOAL + "\",\"sol1\":\"Rub it\"}\n{\"goal\":\"Hi\"}\n");
    }

    private static void put(Path file, String text) throws IOException {
        Files.createDirectories(file.getParent());
        Files.writeString(file, text);
    }

    private Contamination run(Optional<Path> out, TextSplit split) {
        hits.clear();
        Decontamination.Options options = new Decontamination.Options(13, split, 2);
        return Decontamination.run(List.of(corpus), benchmarks, options, out, new Decontamination.Listener() {
            @Override
            public void indexed(int items) {
                assertThat(items).isPositive();
            }

            @Override
            public void hit(Hit hit) {
                hits.add(hit);
            }

            @Override
            public void at(long bytes, long totalBytes) {
                assertThat(bytes).isNotNegative();
            }

            @Override
            public boolean stopped() {
                return stop;
            }
        });
    }

    private Contamination run() {
        return run(Optional.empty(), new TextSplit.Whole());
    }

    @Test
    void aPlantedQuestionIsFoundThroughCaseAndPunctuation() throws IOException {
        put(
                corpus.resolve("a.jsonl"),
                "{\"text\":\"nothing here\"}\n{\"text\":\"He asked: \\\"WHICH of the seven bridges, of the old town -- did"
                        + " the geometer cross twice on his way home\\\" and left.\"}\n");

        Contamination found = run();

        assertThat(hits).hasSize(1);
        Hit hit = hits.getFirst();
        assertThat(hit.file()).endsWith("a.jsonl");
        assertThat(hit.record()).isEqualTo("line 2");
        assertThat(hit.benchmark()).isEqualTo("bridges");
        assertThat(hit.item()).isEqualTo("bridges/test.jsonl line 1");
        assertThat(hit.runs()).isEqualTo(6);
        assertThat(hit.words())
                .isEqualTo("which of the seven bridges of the old town did the geometer cross twice on his way home");
        assertThat(found.documents()).isEqualTo(2);
        assertThat(found.hitDocuments()).isEqualTo(1);
        assertThat(found.complete()).isTrue();
        assertThat(found.benchmarks())
                .containsExactly(
                        new Contamination.PerBenchmark("bridges", 2, 2, 1),
                        new Contamination.PerBenchmark("lamps", 2, 1, 0));
        assertThat(found.benchmarks().getFirst().share()).isEqualTo(0.5);
    }

    @Test
    void aPlantedQuestionIsFoundInEverySpellingOfUnicode() throws IOException {
        String question =
                "Où l’élève a-t-il posé la première question sur l’efficacité de la théorie à Zürich hier soir ?";
        put(benchmarks.resolve("bridges/test.jsonl"), "{\"question\":\"" + question + "\"}\n");
        String apart = Normalizer.normalize(question, Normalizer.Form.NFD);
        String soft = question.replace("première", "pre\u00admi\u200dère");
        String ligature = question.replace("ffi", "\ufb03");
        String wide = question.replace("posé", "\uff50\uff4f\uff53é");
        put(
                corpus.resolve("a.jsonl"),
                Stream.of(question, apart, soft, ligature, wide, question.replace("posé", "po\u200bsé"))
                        .map(text -> "{\"text\":\"" + text + "\"}\n")
                        .collect(Collectors.joining()));

        run();

        assertThat(hits).extracting(Hit::record).startsWith("line 1", "line 2", "line 3", "line 4", "line 5");
        int all = hits.getFirst().runs();
        assertThat(hits.subList(0, 5)).extracting(Hit::runs).containsOnly(all);
        assertThat(hits.subList(5, hits.size()))
                .allSatisfy(hit -> assertThat(hit.runs()).isLessThan(all));
    }

    @Test
    void aPlantedQuestionIsFoundAtTheEndsOfFilesAndOverLineBreaks() throws IOException {
        String broken = QUESTION.replace(" ", "\r\n");
        put(corpus.resolve("a-begin.txt"), QUESTION + "\nthen something else");
        put(corpus.resolve("b-end.txt"), "something else first\n\n" + broken.substring(0, broken.length() - 1));
        put(corpus.resolve("c-empty.txt"), "");
        try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(corpus.resolve("e.txt.gz")))) {
            out.write((QUESTION + " " + QUESTION).getBytes(StandardCharsets.UTF_8));
        }
        put(corpus.resolve("f-line.txt"), "word ".repeat(400_000) + QUESTION + " word".repeat(400_000));

        run();

        assertThat(hits)
                .extracting(hit -> Path.of(hit.file()).getFileName() + " " + hit.runs())
                .containsExactly("a-begin.txt 6", "b-end.txt 6", "e.txt.gz 12", "f-line.txt 6");
    }

    @Test
    void twelveWordsAreNotThirteen() throws IOException {
        put(
                corpus.resolve("a.jsonl"),
                "{\"text\":\"which of the seven bridges of the old town did the geometer\"}\n"
                        + "{\"text\":\"which of the seven bridges of the old city did the geometer cross twice on his way home\"}\n"
                        + "{\"a\":\"which of the seven bridges of the old\",\"b\":\"town did the geometer cross twice on his way home\"}\n");

        run();

        assertThat(hits).isEmpty();
    }

    @Test
    void aShorterItemIsMatchedWhole() throws IOException {
        put(
                corpus.resolve("a.jsonl"),
                "{\"text\":\"How to polish a brass lamp without scratches?\"}\n{\"text\":\"to polish a brass lamp\"}\n");

        run();

        assertThat(hits)
                .singleElement()
                .satisfies(hit -> assertThat(hit.benchmark()).isEqualTo("lamps"));
    }

    @Test
    void aFormOfWordsThatManyItemsShareIsNoHit() throws IOException {
        String form = "choose the one answer that fits best of all the answers that are given below";
        StringBuilder items = new StringBuilder();
        for (int i = 0; i < 40; i++) {
            items.append("{\"question\":\"")
                    .append(form)
                    .append(" number")
                    .append(i)
                    .append("\"}\n");
        }
        put(benchmarks.resolve("forms/test.jsonl"), items.toString());
        put(corpus.resolve("a.jsonl"), "{\"text\":\"" + form + "\"}\n{\"text\":\"" + form + " number7\"}\n");

        run();

        assertThat(hits).singleElement().satisfies(hit -> assertThat(hit.item()).endsWith("line 8"));
    }

    @Test
    void everyFormatOfBenchmarksIsRead() throws IOException {
        put(
                benchmarks.resolve("table/items.csv"),
                "id,question\n7,\"The \"\"quoted\"\" comet, seen by monks in the year of the flood, came back when exactly?\"\n");
        put(
                benchmarks.resolve("tree/task.json"),
                "{\"canary\":\"x\",\n \"examples\": [{\"input\":\"If every third sailor of the crew of nine wears a red cap"
                        + " how many caps are red?\"}]}");
        put(corpus.resolve("a.txt"), """
                the quoted comet seen by monks in the year of the flood came back when exactly

                if every third sailor of the crew of nine wears a red cap how many caps are red
                """);

        run();

        assertThat(hits).extracting(Hit::benchmark).containsExactlyInAnyOrder("table", "tree");
        assertThat(hits).allSatisfy(hit -> assertThat(hit.record()).isEqualTo("whole file"));
    }

    @Test
    void aCleanCorpusIsWrittenWithoutWhatWasFound() throws IOException {
        put(
                corpus.resolve("x/a.jsonl"),
                "{\"text\":\"keep me\",\"n\":1}\n{\"text\":\"" + QUESTION + "\"}\n{\"text\":\"and me\"}\n");
        put(corpus.resolve("b.json"), "[{\"text\":\"first\"},{\"text\":\"" + GOAL + "\"}]");
        Path out = folder.resolve("out");

        Contamination found = run(Optional.of(out), new TextSplit.Whole());

        assertThat(found.hitDocuments()).isEqualTo(2);
        assertThat(out.resolve("x/a.jsonl")).hasContent("{\"text\":\"keep me\",\"n\":1}\n{\"text\":\"and me\"}\n");
        assertThat(out.resolve("b.jsonl")).hasContent("{\"text\":\"first\"}\n");
        assertThat(hits).extracting(Hit::file).isSorted();
        assertThatThrownBy(() -> run(Optional.of(out), new TextSplit.Whole()))
                .isInstanceOf(EvalException.class)
                .hasMessageContaining("is there already; --out names a new folder");
    }

    @Test
    void documentsOfATextFileAreDroppedOneByOne() throws IOException {
        put(corpus.resolve("a.txt"), "one\ntwo\n\n" + QUESTION + "\n\nthree\n");
        Path out = folder.resolve("out");

        run(Optional.of(out), new TextSplit.BlankLines());

        assertThat(hits)
                .singleElement()
                .satisfies(hit -> assertThat(hit.record()).isEqualTo("line 4"));
        assertThat(out.resolve("a.txt")).hasContent("one\ntwo\n\nthree\n");
    }

    @Test
    void aWholeTextFileIsCopiedOrLeftOut() throws IOException {
        put(corpus.resolve("bad.txt"), "x ".repeat(100_000) + QUESTION);
        put(corpus.resolve("good.txt"), "y ".repeat(100_000));
        Path out = folder.resolve("out");

        run(Optional.of(out), new TextSplit.Whole());

        assertThat(out.resolve("bad.txt")).doesNotExist();
        assertThat(out.resolve("good.txt")).hasSameBinaryContentAs(corpus.resolve("good.txt"));
    }

    @Test
    void theNumberOfThreadsChangesNothing() throws IOException {
        Random random = new Random(5);
        StringBuilder lines = new StringBuilder();
        for (int i = 0; i < 3000; i++) {
            String text = random.nextInt(10) == 0 ? QUESTION : "line of no interest " + i;
            lines.append("{\"text\":\"").append(text).append("\"}\n");
        }
        put(corpus.resolve("a.jsonl"), lines.toString());

        run();
        List<Hit> two = List.copyOf(hits);
        run();

        assertThat(two).hasSizeGreaterThan(200).isEqualTo(hits);
    }

    @Test
    void whatIsStoppedSaysSoAndLeavesNoPartOfAFile() throws IOException {
        put(corpus.resolve("a.jsonl"), "{\"text\":\"x\"}\n");
        stop = true;

        assertThat(run(Optional.of(folder.resolve("out")), new TextSplit.Whole())
                        .complete())
                .isFalse();
        assertThat(folder.resolve("out")).doesNotExist();
    }

    /** 200 MB without a single break, and as much with a line break in the end only, in a JVM of 48 MiB. */
    @Test
    void aDocumentThatNeverEndsTakesNoMemory() throws Exception {
        Path file = corpus.resolve("long.txt");
        String block = "abcdefgh".repeat(1 << 12);
        try (BufferedWriter writer = Files.newBufferedWriter(file)) {
            for (int i = 0; i < 3000; i++) {
                writer.write(block);
            }
            writer.write(" ");
            for (int i = 0; i < 3000; i++) {
                writer.write(block.replace('h', ' '));
            }
            writer.write(" " + QUESTION);
        }

        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx48m",
                        "-cp",
                        System.getProperty("java.class.path"),
                        SmallHeap.class.getName(),
                        corpus.toString(),
                        benchmarks.toString())
                .redirectErrorStream(true)
                .start();
        String said = new String(process.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);

        assertThat(process.waitFor()).as(said).isZero();
        assertThat(said).contains("hits 1");
    }

    @Test
    void benchmarksThatHoldNothingAreRefused() throws IOException {
        put(corpus.resolve("a.jsonl"), "{\"text\":\"x\"}\n");
        put(folder.resolve("empty/x.jsonl"), "{\"q\":\"too short\"}\n");
        benchmarks = folder.resolve("empty");

        assertThatThrownBy(this::run)
                .isInstanceOf(EvalException.class)
                .hasMessageContaining("holds no item of 6 words");
    }

    @Test
    void theTableOfTheMostWordsIsAnArray() {
        assertThat(BenchmarkIndex.places(BenchmarkIndex.MAX_WORDS)).isEqualTo(4 * BenchmarkIndex.MAX_WORDS);
    }
}
