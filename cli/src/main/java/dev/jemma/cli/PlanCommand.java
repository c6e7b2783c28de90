package dev.jemma.cli;

import dev.jemma.data.Packing;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code jemma plan}: memory and time that training a model would take here; loads no weights. */
@Command(
        name = "plan",
        description = "Memory and time that training a model takes on this machine.",
        footer = {
            "",
            "Computed from the model's shape and this machine's measured rate of multiply-adds, of which whole",
            "steps reach about 60 %; for AdamW. Nothing is loaded but headers.",
            "",
            "Examples:",
            "  jemma plan gemma3-270m",
            "  jemma plan gemma3-270m --full --sequence 1024 --recompute"
        })
final class PlanCommand implements Callable<Integer> {
    private final Console console;

    @Mixin
    private ModelArgument model = new ModelArgument();

    @Mixin
    private ModelOptions source = new ModelOptions();

    @Option(names = "--full", description = "All weights are trained.")
    private boolean full;

    @Option(names = "--lora", description = "An adapter is trained (the default).")
    private boolean lora;

    @Option(names = "--rank", paramLabel = "R", description = "Rank of the adapter (default: 16).")
    private int rank = 16;

    @Option(names = "--sequence", paramLabel = "N", description = "Most tokens that see each other (default: 512).")
    private int sequence = FinetuneCommand.LORA.sequence();

    @Option(names = "--batch", paramLabel = "N", description = "Sequences of a batch (default: 1).")
    private int batch = FinetuneCommand.LORA.batch();

    @Option(names = "--tokens", paramLabel = "N", description = "Also the time for so many tokens.")
    private Optional<Long> tokens = Optional.empty();

    @Option(names = "--recompute", description = "Layers are computed again on the way back.")
    private boolean recompute;

    @Mixin
    private ThreadFlag threads = new ThreadFlag();

    @Option(names = "--json", description = "Print the plan as JSON.")
    private boolean json;

    PlanCommand(Console console) {
        this.console = console;
    }

    /** What {@code --json} prints. */
    record Report(Environment environment, TrainingPlan plan, long bytes, double tokensPerSecond) {}

    @Override
    public Integer call() {
        if (full && lora) {
            throw new MisuseException("--full and --lora exclude each other");
        }
        if (rank < 1 || sequence < 8 || batch < 1 || tokens.orElse(1L) < 1) {
            throw new MisuseException("--rank, --batch and --tokens are at least 1, --sequence at least 8");
        }
        Path path = source.locator(console).resolve(model.reference().orElse(""));
        TrainingPlan plan = TrainingPlan.of(path, full, rank, Packing.of(sequence, batch), recompute, threads.count());
        if (json) {
            console.println(Json.pretty(new Report(Environment.plain(), plan, plan.bytes(), plan.tokensPerSecond())));
            return Jemma.OK;
        }
        row("trained numbers", String.format(Locale.ROOT, "%,d", plan.trained()));
        row("weights", Units.bytes(plan.weightBytes()));
        row("gradients", Units.bytes(plan.gradientBytes()));
        row("moments", Units.bytes(plan.momentBytes()));
        row("activations", Units.bytes(plan.activationBytes()));
        row("logits", Units.bytes(plan.logitBytes()));
        row("memory in all", Units.bytes(plan.bytes()));
        row(
                "multiply-adds",
                String.format(
                        Locale.ROOT,
                        "%,.0f G a batch of %,d tokens, %,.0f G/s here",
                        plan.multiplyAdds() / 1e9,
                        plan.rows(),
                        plan.rate() / 1e9));
        row("speed", String.format(Locale.ROOT, "about %,.0f tokens/s", plan.tokensPerSecond()));
        tokens.ifPresent(n -> row(
                String.format(Locale.ROOT, "%,d tokens", n), "about " + Units.duration(n / plan.tokensPerSecond())));
        return Jemma.OK;
    }

    private void row(String name, String value) {
        console.println(String.format(Locale.ROOT, "%-18s%s", name, value));
    }
}
