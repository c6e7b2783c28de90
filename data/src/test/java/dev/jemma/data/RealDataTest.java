package dev.jemma.data;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Public data sets beside the checkout, where they are there: every row is of its schema, and is counted. */
class RealDataTest {
    @ParameterizedTest
    @CsvSource({
        "instruct/dolly_subset_6400_nocontext.jsonl, instruction, 6400, 6400",
        "instruct/llms_from_scratch_instruction-data.json, instruction, 1100, 1100",
        "instruct/dolly_hhrlhf_train_small.jsonl, prompt-completion, 1000, 1000",
        "instruct/oasst_en_100_message.jsonl, message-tree, 100, 100",
        "instruct/oasst_en_100_tree.jsonl, message-tree, 100, 100",
        "instruct/self_instruct/seed_tasks.jsonl, instruction, 175, 175",
        "instruct/self_instruct/user_oriented_instructions.jsonl, instruction, 252, 252",
        "preference/hh-rlhf/harmless-base.test.jsonl, preference, 2312, 2312",
        "preference/hh-rlhf/helpful-online.test.jsonl.gz, preference, 1137, 1137",
        "preference/llms_from_scratch_instruction-data-with-preference.json, preference, 1100, 1100",
        "text/wikitext2/test.txt, text, 1, 1"
    })
    void everyRowParses(String file, String schema, long records, long documents) {
        Fixture.Outcome outcome = Fixture.prepare(
                Fixture.job(DataOptions.builder().dropBad(true).build(), Fixture.shared("data/" + file)));
        Preparation counts = outcome.counts();
        assertThat(counts.schemas()).containsExactly(java.util.Map.entry(schema, 1));
        assertThat(counts.records()).isEqualTo(records);
        assertThat(counts.dropped()).doesNotContainKey("unusable");
        assertThat(counts.documents() + counts.allDropped()).isGreaterThanOrEqualTo(documents);
        assertThat(counts.allDropped()).isLessThan(5);
        assertThat(outcome.train())
                .allSatisfy(example -> assertThat(example.trainedTokens()).isPositive());
    }

    @Test
    void everyPreferencePairOfTheTranscriptsHasAPromptAndTwoAnswers() {
        List<Preference> pairs = new ArrayList<>();
        long count =
                Preparer.pairs(List.of(Fixture.shared("data/preference/hh-rlhf")), DataOptions.DEFAULTS, pairs::add);
        // four files, each beside its packed form
        assertThat(count).isEqualTo(2L * 8552);
        assertThat(pairs).allSatisfy(pair -> {
            assertThat(pair.prompt()).isNotEmpty();
            assertThat(pair.chosen()).isNotEmpty();
            assertThat(pair.rejected()).isNotEmpty();
        });
    }
}
