package dev.jemma.cli;

import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** An {@link InspectReport} as people read it: one heading a line, what belongs to it indented. */
@SuppressWarnings("AnnotateFormatMethod") // the annotation would be one more dependency
final class InspectText {
    private static final String INDENT = " ".repeat(16);

    private final StringBuilder text = new StringBuilder();

    InspectText(InspectReport report) {
        line("model", report.name());
        line("file", "%s (%s, %s)", report.path(), report.format(), Units.bytes(report.fileBytes()));
        line("architecture", "%s (%s)", report.title(), report.architecture());
        parameters(report.parameters());
        shape(report.shape());
        for (InspectReport.TensorType type : report.tensorTypes()) {
            line("tensors", "%-6s %4d tensors, %s", type.type(), type.count(), Units.bytes(type.bytes()));
        }
        tokenizer(report.tokenizer());
        if (!report.architecture().equals("gemma-embedding")) {
            chat(report.chat());
            defaults(report.defaults());
        }
        report.assumed().forEach(value -> line("assumed", value));
        memory(report.memory());
        report.warnings().forEach(warning -> line("WARNING", warning));
        report.tensors().ifPresent(this::tensors);
    }

    private void parameters(InspectReport.Parameters p) {
        line(
                "parameters",
                "%,d = %,d embedding + %,d others%s",
                p.total(),
                p.embedding(),
                p.nonEmbedding(),
                p.dense() > 0 ? format(" + %,d dense layers after pooling", p.dense()) : "");
    }

    private void shape(InspectReport.Shape s) {
        line("shape", "%d layers, width %,d, %,d vocabulary rows", s.layers(), s.hiddenSize(), s.vocabularyRows());
        line("", "RMSNorm epsilon %s%s", s.rmsNormEps(), softcap(", logits capped at ", s.finalLogitSoftcap()));
        for (InspectReport.LayerKind k : s.kinds()) {
            String sees = k.window() == 0
                    ? "global"
                    : k.causal() ? format("window %,d", k.window()) : format("window %,d either side", k.window() - 1);
            line(
                    "layers",
                    "%d × %s%s: %d heads, %d key/value heads of %d, feed-forward %,d",
                    k.count(),
                    sees,
                    k.causal() ? "" : ", sees both ways",
                    k.heads(),
                    k.kvHeads(),
                    k.headDim(),
                    k.feedForwardSize());
            line(
                    "",
                    "RoPE base %,.0f%s, attention scale %s%s",
                    k.ropeBase(),
                    k.ropeFactor() == 1 ? "" : " with positions divided by " + k.ropeFactor(),
                    k.attentionScale(),
                    softcap(", scores capped at ", k.attentionSoftcap()));
        }
        line("embedding scale", "%s (%s)", s.embeddingScale(), s.embeddingScaleRounding());
        line("context", "%,d tokens", s.contextLength());
    }

    private void tokenizer(InspectReport.Vocabulary v) {
        String turn = v.endOfTurn() < 0 ? "" : ", end of turn " + v.endOfTurn();
        line(
                "tokenizer",
                "%s, %,d pieces; bos %d, eos %d, pad %d%s",
                v.family(),
                v.pieces(),
                v.bos(),
                v.eos(),
                v.pad(),
                turn);
    }

    private void chat(InspectReport.Chat c) {
        String builtIn = c.builtIn()
                .map(name -> "built-in template of " + name)
                .orElse("none: the vocabulary has no turn tokens");
        String own = !c.inFile()
                ? "the file brings none"
                : c.matches() ? "the file's own is the same" : "THE FILE'S OWN DIFFERS";
        line("chat", "%s; %s", builtIn, own);
    }

    private void defaults(InspectReport.Defaults d) {
        String how = d.temperature() == 0
                ? "greedy"
                : format("temperature %s, top-k %d, top-p %s, min-p %s", d.temperature(), d.topK(), d.topP(), d.minP());
        String penalty = d.repetitionPenalty() == 1 ? "" : ", repetition penalty " + d.repetitionPenalty();
        line("defaults", "%s%s (%s)", how, penalty, d.origin());
        line("", "at most %,d tokens an answer; ends at %s", d.maxTokens(), joined(d.stopIds()));
        if (!d.suppressed().isEmpty()) {
            line("", "never generated: %s", joined(d.suppressed()));
        }
    }

    private void memory(InspectReport.Memory m) {
        line(
                "memory",
                "%s at a context of %,d: weights %s, keys and values %s, scratch %s",
                Units.bytes(m.totalBytes()),
                m.context(),
                Units.bytes(m.weightBytes()),
                Units.bytes(m.kvBytes()),
                Units.bytes(m.scratchBytes()));
        String fits = m.totalBytes() <= m.limitBytes() ? "fits into" : "DOES NOT FIT into";
        line("", "%s %s (%s)", fits, Units.bytes(m.limitBytes()), m.limitOrigin());
    }

    private void tensors(List<InspectReport.TensorRow> rows) {
        text.append(System.lineSeparator());
        for (InspectReport.TensorRow row : rows) {
            String shape = row.shape().stream().map(n -> Long.toString(n)).collect(Collectors.joining(" × "));
            text.append(format("%-6s %8s  %-40s %s%n", row.type(), Units.bytes(row.bytes()), row.name(), shape));
        }
    }

    private static String softcap(String what, float cap) {
        return cap > 0 ? what + cap : "";
    }

    private static String joined(List<Integer> ids) {
        return ids.stream().map(String::valueOf).collect(Collectors.joining(", "));
    }

    private void line(String heading, String format, Object... values) {
        String value = values.length == 0 ? format : format(format, values);
        text.append(heading.isEmpty() ? INDENT : format("%-16s", heading))
                .append(value)
                .append(System.lineSeparator());
    }

    private static String format(String format, Object... values) {
        return String.format(Locale.ROOT, format, values);
    }

    @Override
    public String toString() {
        return text.toString();
    }
}
