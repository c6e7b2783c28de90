package dev.jemma.eval.task;

import static dev.jemma.eval.Form.ChoiceMetric.ACC;

import dev.jemma.eval.Doc;
import dev.jemma.eval.Group;
import dev.jemma.eval.Source;
import dev.jemma.eval.Task;
import dev.jemma.eval.fewshot.Draw;
import dev.jemma.eval.metric.PythonText;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * MMLU (Hendrycks et al., 2021): 57 subjects, four choices by letter, examples the first of the dev split. Test, 14042
 * rows. Figures of the four fields and of all are over all questions.
 */
final class Mmlu {
    private static final Map<String, List<String>> FIELDS = fields();

    private Mmlu() {}

    private static Map<String, List<String>> fields() {
        Map<String, List<String>> fields = new LinkedHashMap<>();
        fields.put(
                "humanities",
                List.of(
                        "formal_logic",
                        "high_school_european_history",
                        "high_school_us_history",
                        "high_school_world_history",
                        "international_law",
                        "jurisprudence",
                        "logical_fallacies",
                        "moral_disputes",
                        "moral_scenarios",
                        "philosophy",
                        "prehistory",
                        "professional_law",
                        "world_religions"));
        fields.put(
                "social_sciences",
                List.of(
                        "econometrics",
                        "high_school_geography",
                        "high_school_government_and_politics",
                        "high_school_macroeconomics",
                        "high_school_microeconomics",
                        "high_school_psychology",
                        "human_sexuality",
                        "professional_psychology",
                        "public_relations",
                        "security_studies",
                        "sociology",
                        "us_foreign_policy"));
        fields.put(
                "other",
                List.of(
                        "business_ethics",
                        "clinical_knowledge",
                        "college_medicine",
                        "global_facts",
                        "human_aging",
                        "management",
                        "marketing",
                        "medical_genetics",
                        "miscellaneous",
                        "nutrition",
                        "professional_accounting",
                        "professional_medicine",
                        "virology"));
        fields.put(
                "stem",
                List.of(
                        "abstract_algebra",
                        "anatomy",
                        "astronomy",
                        "college_biology",
                        "college_chemistry",
                        "college_computer_science",
                        "college_mathematics",
                        "college_physics",
                        "computer_security",
                        "conceptual_physics",
                        "electrical_engineering",
                        "elementary_mathematics",
                        "high_school_biology",
                        "high_school_chemistry",
                        "high_school_computer_science",
                        "high_school_mathematics",
                        "high_school_physics",
                        "high_school_statistics",
                        "machine_learning"));
        return fields;
    }

    static List<Task> tasks() {
        return FIELDS.values().stream().flatMap(List::stream).map(Mmlu::subject).toList();
    }

    static List<Group> groups() {
        List<Group> groups = new ArrayList<>();
        groups.add(new Group(
                "mmlu", FIELDS.keySet().stream().map(field -> "mmlu_" + field).toList(), true, "2"));
        FIELDS.forEach((field, subjects) -> groups.add(new Group(
                "mmlu_" + field,
                subjects.stream().map(subject -> "mmlu_" + subject).toList(),
                true,
                "2")));
        return groups;
    }

    /** Of the authors' own files, which do not name their columns and have the answer as a letter. */
    private static final List<String> COLUMNS = List.of("question", "A", "B", "C", "D", "answer");

    private static List<String> choices(Doc doc) {
        return doc.has("choices")
                ? doc.texts("choices")
                : COLUMNS.subList(1, 5).stream().map(doc::text).toList();
    }

    private static int gold(Doc doc) {
        return doc.has("choices") ? doc.integer("answer") : "ABCD".indexOf(doc.text("answer"));
    }

    private static Task subject(String subject) {
        return Task.choice(
                        "mmlu_" + subject,
                        Source.ofTable(
                                COLUMNS,
                                "mmlu/test/" + subject,
                                "mmlu/" + subject + "/test",
                                "mmlu/test/" + subject + "_test"),
                        doc -> PythonText.strip(doc.text("question")) + "\n" + Letters.lines(choices(doc))
                                + "\nAnswer:",
                        doc -> Letters.first(choices(doc).size()),
                        Mmlu::gold,
                        ACC)
                .pool(Source.ofTable(
                        COLUMNS, "mmlu/dev/" + subject, "mmlu/" + subject + "/dev", "mmlu/dev/" + subject + "_dev"))
                .order(Draw.Order.FIRST)
                .description("The following are multiple choice questions (with answers) about "
                        + subject.replace('_', ' ') + ".\n\n")
                .suiteShots(5)
                .build();
    }
}
