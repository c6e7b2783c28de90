package dev.jemma.cli;

import dev.jemma.infer.Generation;
import dev.jemma.infer.LanguageModel;
import dev.jemma.infer.RequestBuilder;
import dev.jemma.infer.SamplingOptions;
import dev.jemma.infer.constraint.TokenConstraint;
import java.io.IOException;
import java.io.Writer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Answers a file of requests: all are submitted at once and share batches; results keep the order of the file. */
final class GenerationBatch {
    private final Console console;
    private final LanguageModel model;
    private final SamplingFlags flags;
    private final SamplingOptions sampling;
    private final boolean special;
    private final int samples;
    private final Optional<Integer> logprobs;
    private final Optional<TokenConstraint> constraint;

    GenerationBatch(
            Console console,
            LanguageModel model,
            SamplingFlags flags,
            SamplingOptions sampling,
            boolean special,
            int samples,
            Optional<Integer> logprobs,
            Optional<TokenConstraint> constraint) {
        this.console = console;
        this.model = model;
        this.flags = flags;
        this.sampling = sampling;
        this.special = special;
        this.samples = samples;
        this.logprobs = logprobs;
        this.constraint = constraint;
    }

    void run(String in, String out) throws IOException {
        List<JsonLines.Line> lines = JsonLines.read(console, in);
        List<RequestBuilder> requests = new ArrayList<>(lines.size());
        for (JsonLines.Line line : lines) {
            RequestBuilder request = flags.apply(start(line), sampling).samples(samples);
            logprobs.ifPresent(request::logprobs);
            constraint.ifPresent(request::constraint);
            requests.add(request);
        }
        try (Writer writer = JsonLines.writer(console, out);
                Progress bar = console.progress("generating", lines.size(), Progress.Unit.of("requests"))) {
            List<Generation> running = new ArrayList<>(lines.size());
            for (int i = 0; i < requests.size(); i++) {
                try {
                    running.add(model.generate(requests.get(i).build(), _ -> {}));
                } catch (RuntimeException e) {
                    running.forEach(Generation::cancel);
                    throw lines.get(i).error(String.valueOf(e.getMessage()));
                }
            }
            for (Generation generation : running) {
                List<GenerationOutput> outputs =
                        generation.await().stream().map(GenerationOutput::of).toList();
                JsonLines.write(writer, outputs.size() == 1 ? outputs.getFirst() : outputs);
                bar.advance(1);
            }
        }
    }

    private RequestBuilder start(JsonLines.Line line) {
        if (line.find("ids").isPresent()) {
            return model.request(line.ids("ids"));
        }
        if (line.find("messages").isPresent()) {
            return model.chatRequest(ChatPrompts.encode(line, model));
        }
        if (line.find("prompt").isEmpty()) {
            throw line.error("needs \"prompt\", \"ids\" or \"messages\"");
        }
        return model.request(model.tokenizer().withBos(model.tokenizer().encode(line.text("prompt"), special)));
    }
}
