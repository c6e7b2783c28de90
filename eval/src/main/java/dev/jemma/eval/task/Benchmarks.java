package dev.jemma.eval.task;

import dev.jemma.eval.EvalException;
import dev.jemma.eval.Group;
import dev.jemma.eval.Task;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** All benchmarks and groups by name, with the names of EleutherAI's lm-evaluation-harness. */
public final class Benchmarks {
    /** The 18 of the Gemma paper's table, in its order. */
    public static final List<String> GEMMA_SUITE = List.of(
            "mmlu",
            "hellaswag",
            "piqa",
            "social_iqa",
            "boolq",
            "winogrande",
            "commonsense_qa",
            "openbookqa",
            "arc_easy",
            "arc_challenge",
            "triviaqa",
            "nq_open",
            "humaneval",
            "mbpp",
            "gsm8k",
            "minerva_math",
            "agieval_en",
            "bbh_cot_fewshot");

    private final Map<String, Task> tasks = new LinkedHashMap<>();
    private final Map<String, Group> groups = new LinkedHashMap<>();

    /**
     * All of them.
     *
     * @param judge runs programs; without one, what HumanEval and MBPP get is kept but not marked
     */
    public Benchmarks(Optional<ProgramJudge> judge) {
        Mmlu.tasks().forEach(this::add);
        Mmlu.groups().forEach(this::add);
        List.of(
                        HellaSwag.TASK,
                        Piqa.TASK,
                        SocialIqa.TASK,
                        BoolQ.TASK,
                        WinoGrande.TASK,
                        CommonsenseQa.TASK,
                        OpenBookQa.TASK,
                        Arc.EASY,
                        Arc.CHALLENGE,
                        TriviaQa.TASK,
                        NaturalQuestions.TASK)
                .forEach(this::add);
        HumanEval.tasks(judge).forEach(this::add);
        add(Mbpp.task(judge));
        add(Gsm8k.TASK);
        add(Gsm8k.MAJORITY);
        MinervaMath.tasks().forEach(this::add);
        add(MinervaMath.group());
        AgiEval.tasks().forEach(this::add);
        add(AgiEval.group());
        BigBenchHard.tasks().forEach(this::add);
        BigBenchHard.groups().forEach(this::add);
        add(TruthfulQa.MC1);
        add(TruthfulQa.MC2);
    }

    private void add(Task task) {
        tasks.put(task.name(), task);
    }

    private void add(Group group) {
        groups.put(group.name(), group);
    }

    /** Names of all tasks. */
    public Set<String> taskNames() {
        return new LinkedHashSet<>(tasks.keySet());
    }

    /** Groups by name, outer ones first. */
    public Map<String, Group> groups() {
        return new LinkedHashMap<>(groups);
    }

    /** The task of this name, if there is one. */
    public Optional<Task> task(String name) {
        return Optional.ofNullable(tasks.get(name));
    }

    /** Whether answers to this task are programs, which somebody has to run. */
    public static boolean asksForPrograms(Task task) {
        return task.name().startsWith("humaneval") || task.name().equals("mbpp");
    }

    /** Perplexity of a text file. */
    public static Task text(Path file) {
        return TextFile.task(file);
    }

    /**
     * The task of this name, or the tasks of the group of this name.
     *
     * @throws EvalException if there is neither; the message names some that are alike
     */
    public List<Task> find(String name) {
        Optional<Group> group = Optional.ofNullable(groups.get(name));
        if (group.isPresent()) {
            return group.get().tasks(groups).stream()
                    .flatMap(member -> task(member).stream())
                    .toList();
        }
        return List.of(task(name).orElseThrow(() -> unknown(name)));
    }

    private EvalException unknown(String name) {
        List<String> alike = new ArrayList<>();
        String start = name.substring(0, Math.min(3, name.length()));
        Set<String> all = new LinkedHashSet<>(groups.keySet());
        all.addAll(tasks.keySet());
        for (String known : all) {
            if (known.startsWith(start) && alike.size() < 5) {
                alike.add(known);
            }
        }
        return new EvalException("there is no task '" + name + "'"
                + (alike.isEmpty() ? "" : "; there are " + String.join(", ", alike))
                + "; 'jemma eval --list' names all, and a file FILE.yaml describes one of your own");
    }
}
