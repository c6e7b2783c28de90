package dev.jemma.eval;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Runs tasks: makes the requests of all of them, has those answered that no earlier run answered, and marks the answers.
 * A request that occurs twice is asked once.
 *
 * <pre>{@code
 * try (AnswerCache cache = AnswerCache.open(out.resolve("answers.jsonl"))) {
 *     List<TaskResult> results = new Evaluation(scorer, new DataFolder(data), options, Optional.of(cache), listener)
 *             .run(List.of(Piqa.TASK));
 * }
 * }</pre>
 */
public final class Evaluation {
    private final Scorer scorer;
    private final DataFolder folder;
    private final EvaluationOptions options;
    private final Optional<AnswerCache> cache;
    private final EvaluationListener listener;

    /** An evaluation by a scorer; with a cache it goes on where an earlier one ended. */
    public Evaluation(
            Scorer scorer,
            DataFolder folder,
            EvaluationOptions options,
            Optional<AnswerCache> cache,
            EvaluationListener listener) {
        this.scorer = scorer;
        this.folder = folder;
        this.options = options;
        this.cache = cache;
        this.listener = listener;
    }

    /** Where an answer is wanted. */
    private record Place(int task, int item, int request) {}

    /** A task on its way. */
    private static final class Running {
        private final Questions questions;
        private final Task task;
        private final List<Item> items;
        private final List<Answer[]> answers = new ArrayList<>();
        private int total;
        private int done;

        Running(Questions questions) {
            this.questions = questions;
            this.task = questions.task();
            this.items = questions.items();
            for (Item item : items) {
                answers.add(new Answer[item.requests().size()]);
                total += item.requests().size();
            }
        }
    }

    /** Requests of a task that have to be asked, and who waits for each. */
    private record Open(List<Request> requests, List<String> keys, List<List<Place>> places) {
        Open() {
            this(new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
        }
    }

    /**
     * Runs all tasks; results are in the order of the tasks.
     *
     * @throws EvalException if the data of a task is not there, before anything is asked
     */
    public List<TaskResult> run(List<Task> tasks) {
        return ask(
                tasks.stream().map(task -> Questions.of(task, folder, options)).toList());
    }

    /** Runs tasks whose questions are made, with the options of this evaluation; results are in their order. */
    public List<TaskResult> ask(List<Questions> tasks) {
        List<Running> running = tasks.stream().map(Running::new).toList();
        List<Open> open = new ArrayList<>();
        Map<String, List<Place>> waiting = new HashMap<>();
        for (int t = 0; t < running.size(); t++) {
            open.add(collect(t, running.get(t), waiting));
        }
        TaskResult[] results = new TaskResult[running.size()];
        for (int t = 0; t < results.length; t++) {
            Running task = running.get(t);
            listener.prepared(task.task, task.total, task.done);
            finishIfDone(t, running, results);
        }
        scorer.answer(open.stream().map(Open::requests).toList(), (batch, index, answer) -> {
            Open of = open.get(batch);
            cache.ifPresent(c -> c.put(of.keys.get(index), answer));
            for (Place place : of.places.get(index)) {
                deliver(place, answer, running);
                finishIfDone(place.task, running, results);
            }
        });
        List<TaskResult> all = new ArrayList<>(results.length);
        for (int t = 0; t < results.length; t++) {
            if (results[t] == null) {
                throw new EvalException(
                        "some requests of " + running.get(t).task.name() + " were not answered");
            }
            all.add(results[t]);
        }
        return all;
    }

    private Open collect(int t, Running task, Map<String, List<Place>> waiting) {
        Open open = new Open();
        for (int i = 0; i < task.items.size(); i++) {
            List<Request> requests = task.items.get(i).requests();
            for (int r = 0; r < requests.size(); r++) {
                String key = AnswerCache.key(scorer.identity(), requests.get(r));
                Place place = new Place(t, i, r);
                Optional<Answer> known = cache.flatMap(c -> c.find(key));
                if (known.isPresent()) {
                    task.answers.get(i)[r] = known.get();
                    task.done++;
                    continue;
                }
                List<Place> places = waiting.get(key);
                if (places == null) {
                    places = new ArrayList<>(1);
                    waiting.put(key, places);
                    open.requests.add(requests.get(r));
                    open.keys.add(key);
                    open.places.add(places);
                }
                places.add(place);
            }
        }
        return open;
    }

    private void deliver(Place place, Answer answer, List<Running> running) {
        Running task = running.get(place.task);
        task.answers.get(place.item)[place.request] = answer;
        task.done++;
        listener.answered(task.task, task.done, task.total);
    }

    private void finishIfDone(int t, List<Running> running, TaskResult[] results) {
        Running task = running.get(t);
        if (task.done < task.total || results[t] != null) {
            return;
        }
        List<ItemResult> items = new ArrayList<>(task.items.size());
        for (int i = 0; i < task.items.size(); i++) {
            items.add(Marking.of(task.task, task.items.get(i), List.of(task.answers.get(i))));
        }
        results[t] = TaskResult.of(task.questions, items, options.bootstrapRounds());
        listener.finished(results[t]);
    }

    /** Results by the name of their task, in their order. */
    public static Map<String, TaskResult> byName(List<TaskResult> results) {
        Map<String, TaskResult> byName = new LinkedHashMap<>();
        results.forEach(result -> byName.put(result.task().name(), result));
        return byName;
    }
}
