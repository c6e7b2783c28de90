package dev.jemma.eval.report;

import dev.jemma.eval.EvalException;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The marks of a run's items, read from {@code samples_TASK.jsonl}; files of lm-evaluation-harness are read too. */
final class RunSamples {
    private static final JsonMapper JSON = new JsonMapper();
    private static final int MOST_PROMPT = 160;
    private static final String BEGIN = "samples_";
    private static final String END = ".jsonl";

    private RunSamples() {}

    /**
     * An item behind one filter.
     *
     * @param prompt fingerprint of what was asked
     * @param shown end of the prompt, for people
     * @param marks value of each metric, by {@code name,filter}
     */
    record Sample(int id, String prompt, String shown, Map<String, Double> marks) {
        Sample {
            marks = new TreeMap<>(marks);
        }
    }

    /** Files of a run by task, in alphabetical order. */
    static Map<String, Path> tasks(Path folder) {
        Map<String, Path> tasks = new TreeMap<>();
        try (Stream<Path> files = Files.list(folder)) {
            files.sorted()
                    .forEach(
                            file -> { // of several runs of a task the last one counts
                                String name = String.valueOf(file.getFileName());
                                if (name.startsWith(BEGIN) && name.endsWith(END)) {
                                    String task = name.substring(BEGIN.length(), name.length() - END.length());
                                    // the reference harness puts the time behind the name
                                    tasks.put(task.replaceFirst("_\\d{4}-\\d\\d-\\d\\dT[0-9.:-]+$", ""), file);
                                }
                            });
        } catch (IOException e) {
            throw new EvalException(folder + " cannot be read: it should be the --out folder of a run", e);
        }
        if (tasks.isEmpty()) {
            throw new EvalException(folder + " holds no samples_TASK.jsonl: it should be the --out folder of a run");
        }
        return tasks;
    }

    /** Items by number and filter. */
    static Map<String, Sample> read(Path file) {
        Map<String, Sample> all = new LinkedHashMap<>();
        int number = 0;
        try (BufferedReader lines = Files.newBufferedReader(file)) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                number++;
                JsonNode node = JSON.readTree(line);
                if (!node.path("doc_id").isInt()) {
                    throw new EvalException(file + " line " + number + " has no \"doc_id\"");
                }
                String filter = node.path("filter").asString("none");
                Map<String, Double> marks = new TreeMap<>();
                for (JsonNode metric : node.path("metrics")) {
                    JsonNode value = node.path(metric.asString());
                    if (value.isNumber()) {
                        marks.put(metric.asString() + "," + filter, value.doubleValue());
                    }
                }
                String prompt =
                        node.path("arguments").path("gen_args_0").path("arg_0").asString("");
                int id = node.path("doc_id").asInt();
                String fingerprint = node.path("prompt_hash").asString(prompt)
                        + node.path("doc_hash").asString("")
                        + node.path("target_hash").asString("");
                all.put(id + "," + filter, new Sample(id, fingerprint, ending(prompt), marks));
            }
        } catch (IOException e) {
            throw new EvalException(file + " cannot be read: " + e.getMessage(), e);
        } catch (JacksonException e) {
            throw new EvalException(file + " line " + number + " is not JSON", e);
        }
        return all;
    }

    private static String ending(String prompt) {
        String line = prompt.strip().replaceAll("\\s+", " ");
        int from = Math.max(0, line.length() - MOST_PROMPT);
        boolean torn = from > 0 && Character.isLowSurrogate(line.charAt(from));
        return (from > 0 ? "…" : "") + line.substring(torn ? from + 1 : from);
    }
}
