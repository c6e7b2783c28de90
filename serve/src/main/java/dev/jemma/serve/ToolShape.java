package dev.jemma.serve;

import dev.jemma.infer.Completion;
import dev.jemma.infer.FinishReason;
import dev.jemma.infer.GeneratedToken;
import dev.jemma.infer.TokenLogprob;
import dev.jemma.infer.constraint.CallStart;
import dev.jemma.serve.protocol.Wire;
import dev.jemma.serve.tools.CallReader;
import dev.jemma.serve.tools.CallSink;
import dev.jemma.tokenizer.SpecialText;
import dev.jemma.tokenizer.StreamDecoder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Answers of {@code /v1/chat/completions} that may call functions. A stream and a whole answer are read the same way. */
final class ToolShape implements Shape {
    private final TokenText tokens;
    private final boolean logprobs;
    private final Set<Integer> endIds;
    private final long promptTokens;
    private final CallStart form;
    private final String requestId;
    private final Map<Integer, Pieces> streams = new HashMap<>(); // by choice

    /** @param requestId what the ids of calls are made of */
    ToolShape(
            TokenText tokens,
            boolean logprobs,
            Set<Integer> endIds,
            long promptTokens,
            CallStart form,
            String requestId) {
        this.tokens = tokens;
        this.logprobs = logprobs;
        this.endIds = endIds;
        this.promptTokens = promptTokens;
        this.form = form;
        this.requestId = requestId;
    }

    /** A choice that is being sent: each part is a delta. */
    private final class Pieces implements CallSink {
        final CallReader reader = CallReader.of(form, tokens.tokenizer());
        final int choice;
        int calls;
        List<ObjectNode> deltas = new ArrayList<>();

        Pieces(int choice) {
            this.choice = choice;
        }

        @Override
        public void text(String text) {
            deltas.add(Wire.object().put("content", text));
        }

        @Override
        public void call(String function) {
            ObjectNode call = call().put("id", callId(choice, calls++)).put("type", "function");
            call.putObject("function").put("name", function).put("arguments", "");
        }

        @Override
        public void arguments(String json) {
            calls--;
            ObjectNode call = call();
            calls++;
            call.putObject("function").put("arguments", json);
        }

        private ObjectNode call() {
            ObjectNode delta = Wire.object();
            deltas.add(delta);
            return delta.putArray("tool_calls").addObject().put("index", calls);
        }

        List<ObjectNode> taken() {
            List<ObjectNode> all = deltas;
            deltas = new ArrayList<>();
            return all;
        }
    }

    /** A choice as a whole. */
    private static final class Message implements CallSink {
        final StringBuilder content = new StringBuilder();
        final List<String> names = new ArrayList<>();
        final List<StringBuilder> arguments = new ArrayList<>();

        @Override
        public void text(String text) {
            content.append(text);
        }

        @Override
        public void call(String function) {
            names.add(function);
            arguments.add(new StringBuilder());
        }

        @Override
        public void arguments(String json) {
            arguments.getLast().append(json);
        }
    }

    private String callId(int choice, int call) {
        return "call_" + requestId + "_" + choice + "_" + call;
    }

    @Override
    public String wholeObject() {
        return "chat.completion";
    }

    @Override
    public String pieceObject() {
        return "chat.completion.chunk";
    }

    @Override
    public boolean ends(int id) {
        return endIds.contains(id);
    }

    @Override
    public long promptTokens() {
        return promptTokens;
    }

    @Override
    public Optional<ObjectNode> opening(int index) {
        return Optional.of(piece(index, Wire.object().put("role", "assistant").putNull("content"), List.of()));
    }

    private ObjectNode piece(int index, ObjectNode delta, List<TokenLogprob> entries) {
        ObjectNode choice = Wire.object().put("index", index);
        choice.set("delta", delta);
        tokens.chatEntries(choice, logprobs && !entries.isEmpty(), entries);
        choice.putNull("finish_reason");
        return choice;
    }

    private Pieces stream(int index) {
        return streams.computeIfAbsent(index, Pieces::new);
    }

    @Override
    public List<ObjectNode> pieces(int index, GeneratedToken token) {
        Pieces stream = stream(index);
        if (!ends(token.id())) {
            stream.reader.push(token.id(), token.text(), stream);
        }
        List<TokenLogprob> entries =
                token.logprob().filter(t -> !ends(t.id())).stream().toList();
        List<ObjectNode> pieces = new ArrayList<>();
        List<ObjectNode> deltas = stream.taken();
        if (deltas.isEmpty() && !entries.isEmpty()) {
            deltas = List.of(Wire.object());
        }
        for (ObjectNode delta : deltas) {
            pieces.add(piece(index, delta, pieces.isEmpty() ? entries : List.of()));
        }
        return pieces;
    }

    @Override
    public List<ObjectNode> endings(int index, Completion answer) {
        Pieces stream = stream(index);
        stream.reader.finish(stream);
        List<ObjectNode> pieces = new ArrayList<>();
        stream.taken().forEach(delta -> pieces.add(piece(index, delta, List.of())));
        ObjectNode last = piece(index, Wire.object(), List.of());
        last.put("finish_reason", finish(answer, stream.calls));
        pieces.add(last);
        return pieces;
    }

    private static String finish(Completion answer, int calls) {
        return calls > 0 && answer.finishReason() == FinishReason.STOP
                ? "tool_calls"
                : Answers.finish(answer.finishReason());
    }

    @Override
    public ObjectNode whole(int index, Completion answer) {
        Message read = read(answer);
        ObjectNode choice = Wire.object().put("index", index);
        ObjectNode message = choice.putObject("message").put("role", "assistant");
        if (read.content.isEmpty() && !read.names.isEmpty()) {
            message.putNull("content");
        } else {
            message.put("content", read.content.toString());
        }
        message.putNull("refusal");
        if (!read.names.isEmpty()) {
            ArrayNode calls = message.putArray("tool_calls");
            for (int i = 0; i < read.names.size(); i++) {
                ObjectNode call = calls.addObject().put("id", callId(index, i)).put("type", "function");
                call.putObject("function")
                        .put("name", read.names.get(i))
                        .put("arguments", read.arguments.get(i).toString());
            }
        }
        List<TokenLogprob> all = answer.logprobs();
        tokens.chatEntries(choice, logprobs, all.subList(0, Math.min(all.size(), Answers.shown(answer, endIds))));
        choice.put("finish_reason", finish(answer, read.names.size()));
        return choice;
    }

    /** Reads an answer as its stream would have been read. */
    private Message read(Completion answer) {
        Message message = new Message();
        CallReader reader = CallReader.of(form, tokens.tokenizer());
        if (!reader.byToken(answer.ids())) { // text alone, in which a stop text may have cut something off
            reader.push(-1, answer.text(), message);
            reader.finish(message);
            return message;
        }
        StreamDecoder decoder = tokens.tokenizer().streamDecoder(SpecialText.SHOW);
        for (int id : answer.ids()) {
            if (!ends(id)) {
                reader.push(id, decoder.push(id), message);
            }
        }
        String rest = decoder.flush();
        if (!rest.isEmpty()) {
            reader.push(-1, rest, message);
        }
        reader.finish(message);
        return message;
    }
}
