package dev.jemma.eval.task;

import dev.jemma.eval.Doc;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.JsonNode;

/** Choices with letters, and the two ways in which data sets write choices and the right one down. */
final class Letters {
    private static final String ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";

    private Letters() {}

    static String letter(int index) {
        return ALPHABET.substring(index, index + 1);
    }

    static List<String> first(int n) {
        List<String> letters = new ArrayList<>(n);
        for (int i = 0; i < n; i++) {
            letters.add(letter(i));
        }
        return letters;
    }

    /** {@code A. one\nB. two\n…}, without a line break at the end. */
    static String lines(List<String> choices) {
        StringBuilder lines = new StringBuilder();
        for (int i = 0; i < choices.size(); i++) {
            lines.append(i == 0 ? "" : "\n").append(letter(i)).append(". ").append(choices.get(i));
        }
        return lines.toString();
    }

    /** The texts of {@code choices}: a list of texts, or {@code {text: [...], label: [...]}}. */
    static List<String> choices(Doc doc) {
        JsonNode choices = doc.get("choices");
        return doc.texts("choices", choices.isObject() ? choices.path("text") : choices);
    }

    /** Index of the right choice: {@code gold}, or the place of {@code answerKey} among the labels. */
    static int gold(Doc doc) {
        if (doc.has("gold")) {
            return doc.integer("gold");
        }
        int index = doc.texts("choices", doc.get("choices").path("label")).indexOf(doc.text("answerKey"));
        if (index < 0) {
            throw doc.error("\"answerKey\" is none of the labels");
        }
        return index;
    }
}
