package dev.jemma.eval;

import dev.jemma.chat.Message;
import dev.jemma.eval.fewshot.Draw;
import dev.jemma.eval.metric.PythonText;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/**
 * Makes requests of a task's rows, by the rules that all tasks share: description, examples, each followed by its
 * delimiter, then the row's own prompt. The answer's delimiter belongs to what is scored. In a conversation the
 * description is the system message and no delimiter stands before the answer.
 */
public final class Items {
    private final Task task;
    private final EvaluationOptions options;
    private final DataFolder folder;
    private final int shots;
    private final Function<Doc, String> description;

    private Items(Task task, DataFolder folder, EvaluationOptions options) {
        this.task = task;
        this.options = options;
        this.folder = folder;
        this.description = task.description().apply(folder);
        this.shots = options.shotsOf(task);
    }

    /** All items of a task. */
    public static List<Item> of(Task task, DataFolder folder, EvaluationOptions options) {
        return questions(task, folder, options).items();
    }

    /** All items of a task, and where its examples come from. */
    static Questions questions(Task task, DataFolder folder, EvaluationOptions options) {
        return new Items(task, folder, options).all();
    }

    private Questions all() {
        List<Doc> docs = task.documents().rows(folder);
        int count = Math.min(docs.size(), options.limit().orElse(Integer.MAX_VALUE));
        Examples from = Examples.of(task, folder, docs, shots);
        Draw<Doc> draw = from.draw(task, options.seed());
        List<Item> items = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            Doc doc = docs.get(i);
            List<Doc> examples;
            try {
                examples = draw.next(doc, shots);
            } catch (IllegalArgumentException e) {
                throw new EvalException(task.name() + ": " + e.getMessage() + "; ask for fewer with --num-fewshot", e);
            }
            items.add(item(i, doc, examples));
        }
        return new Questions(task, items, docs.size(), shots, from.origin(), from.note());
    }

    private Item item(int id, Doc doc, List<Doc> examples) {
        List<Request> requests = new ArrayList<>();
        List<String> choices = List.of();
        switch (task.form()) {
            case Form.Choice form -> {
                Prompt prompt = prompt(doc, examples, task.prompt().apply(doc));
                choices = form.choices().apply(doc);
                for (String choice : choices) {
                    requests.add(new Request.LogLikelihood(prompt, delimiter() + choice));
                }
                if (form.metrics().contains(Form.ChoiceMetric.ACC_MUTUAL_INFO)) {
                    for (String choice : choices) {
                        requests.add(new Request.LogLikelihood(new Prompt.Plain(""), delimiter() + choice));
                    }
                }
            }
            case Form.Partial form -> {
                String ending = delimiter() + form.ending().apply(doc);
                for (String context : form.contexts().apply(doc)) {
                    requests.add(new Request.LogLikelihood(prompt(doc, examples, context), ending));
                }
            }
            case Form.Generation form -> {
                Prompt prompt = prompt(doc, examples, task.prompt().apply(doc));
                Sampling sampling = options.sampling().orElse(form.sampling());
                int most = options.maxTokens().orElse(form.maxTokens());
                for (int sample = 0; sample < form.samples(); sample++) {
                    requests.add(new Request.Generate(prompt, form.stops(), most, sampling, sample));
                }
            }
            case Form.Text form -> requests.add(new Request.Rolling(form.text().apply(doc), form.window()));
        }
        return new Item(id, doc, requests, choices);
    }

    private String delimiter() {
        return options.chat() ? "" : task.targetDelimiter();
    }

    /** The instruction and the description, kept apart unless white space does that already. */
    private String head(Doc doc) {
        String instruction = options.systemInstruction().orElse("");
        String text = description.apply(doc);
        boolean together = instruction.isEmpty()
                || text.isEmpty()
                || PythonText.isSpace(instruction.charAt(instruction.length() - 1))
                || PythonText.isSpace(text.charAt(0));
        return instruction + (together ? "" : task.exampleDelimiter()) + text;
    }

    private Prompt prompt(Doc doc, List<Doc> examples, String question) {
        String head = head(doc);
        if (!options.chat()) {
            StringBuilder text = new StringBuilder(head);
            examples.forEach(example -> text.append(task.prompt().apply(example))
                    .append(shownDelimiter(example))
                    .append(task.shown().apply(example))
                    .append(task.exampleDelimiter()));
            return new Prompt.Plain(text.append(question).toString());
        }
        List<Message> messages = new ArrayList<>();
        Optional.of(head).filter(h -> !h.isEmpty()).ifPresent(h -> messages.add(Message.system(h)));
        StringBuilder open = new StringBuilder();
        for (Doc example : examples) {
            if (options.multiturn()) {
                messages.add(Message.user(task.prompt().apply(example)));
                messages.add(Message.model(task.shown().apply(example)));
            } else {
                open.append(task.prompt().apply(example))
                        .append(shownDelimiter(example))
                        .append(task.shown().apply(example))
                        .append(task.exampleDelimiter());
            }
        }
        messages.add(Message.user(open.append(question).toString()));
        return new Prompt.Chat(messages);
    }

    /** Between a question and the answer that is shown; none where the answer is empty, being part of the question. */
    private String shownDelimiter(Doc example) {
        return task.shown().apply(example).isEmpty() ? "" : task.targetDelimiter();
    }
}
