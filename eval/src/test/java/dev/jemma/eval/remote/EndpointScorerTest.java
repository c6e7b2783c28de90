package dev.jemma.eval.remote;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.jemma.chat.Message;
import dev.jemma.eval.Answer;
import dev.jemma.eval.EvalException;
import dev.jemma.eval.Prompt;
import dev.jemma.eval.Request;
import dev.jemma.eval.Sampling;
import dev.jemma.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** A scorer on a line whose other end is a function. */
class EndpointScorerTest {
    private static final JsonMapper JSON = new JsonMapper();

    private static Request choice(String context, String continuation) {
        return new Request.LogLikelihood(new Prompt.Plain(context), continuation);
    }

    private static Request generate(String prompt, List<String> stops) {
        return new Request.Generate(new Prompt.Plain(prompt), stops, 7, Sampling.GREEDY, 0);
    }

    private static EndpointScorer scorer(Line line) {
        return scorer(line, 3);
    }

    private static EndpointScorer scorer(Line line, int concurrency) {
        return new EndpointScorer(
                line,
                new EndpointScorer.Settings(
                        "the endpoint",
                        "m",
                        Optional.empty(),
                        OptionalInt.empty(),
                        concurrency,
                        3,
                        Duration.ofMillis(1)));
    }

    private static List<Answer> answers(EndpointScorer scorer, Request... requests) {
        TreeMap<Integer, Answer> answers = new TreeMap<>();
        scorer.answer(List.of(List.of(requests)), (_, index, answer) -> answers.put(index, answer));
        return List.copyOf(answers.values());
    }

    private static Line.Reply ok(String body) {
        return new Line.Reply(200, body, Optional.empty());
    }

    /** Cuts a prompt before each space, and gives token i the log-probability −(i + 1); the best is that of every other. */
    private static Line.Reply echo(String json, String before) {
        JsonNode request = JSON.readTree(json);
        List<String> tokens = new ArrayList<>();
        if (!before.isEmpty()) {
            tokens.add(before);
        }
        for (String word : request.path("prompt").asString().split("(?= )")) {
            tokens.add(word);
        }
        tokens.add(" more");
        ObjectNode choice = JSON.createObjectNode();
        ObjectNode lists = choice.putObject("logprobs");
        ArrayNode top = JSON.createArrayNode();
        for (int i = 0; i < tokens.size(); i++) {
            lists.withArray("tokens").add(tokens.get(i));
            if (i == 0) {
                lists.withArray("token_logprobs").addNull();
                top.addNull();
            } else {
                lists.withArray("token_logprobs").add(-(i + 1.0));
                top.addObject().put("x", i % 2 == 0 ? -0.5 : -(i + 1.0));
            }
        }
        lists.set("top_logprobs", top);
        ObjectNode body = JSON.createObjectNode();
        body.putArray("choices").add(choice);
        return ok(JSON.writeValueAsString(body));
    }

    @Test
    void theContinuationIsWhereTheContextEnds() {
        List<String> seen = Collections.synchronizedList(new ArrayList<>());
        EndpointScorer scorer = scorer((_, json) -> {
            seen.add(json);
            return echo(json, "");
        });
        // a| b| c| d: the continuation is " c d", tokens 2 and 3
        assertThat(answers(scorer, choice("a b", " c d"))).containsExactly(new Answer.Likelihood(-7, false));
        assertThat(answers(scorer, choice("a ", "b"))).containsExactly(new Answer.Likelihood(-2, true));
        JsonNode request = JSON.readTree(seen.getFirst());
        assertThat(request.path("prompt").asString()).isEqualTo("a b c d");
        assertThat(request.path("echo").asBoolean()).isTrue();
        assertThat(request.path("logprobs").asInt()).isEqualTo(1);
        assertThat(request.path("model").asString()).isEqualTo("m");
    }

    @Test
    void aBeginTokenThatTheEndpointAddsMovesNothingButTheCount() {
        assertThat(answers(scorer((_, json) -> echo(json, "<bos>")), choice("a b", " c")))
                .containsExactly(new Answer.Likelihood(-4, true));
    }

    @Test
    void manyRequestsAreUnderWayAtOnceButNoMoreThanAllowed() {
        AtomicInteger now = new AtomicInteger();
        AtomicInteger most = new AtomicInteger();
        EndpointScorer scorer = scorer(
                (_, json) -> {
                    most.accumulateAndGet(now.incrementAndGet(), Math::max);
                    Thread.sleep(2);
                    now.decrementAndGet();
                    return echo(json, "");
                },
                4);
        Request[] requests = new Request[40];
        for (int i = 0; i < requests.length; i++) {
            requests[i] = choice("w".repeat(i + 1), " x");
        }
        assertThat(answers(scorer, requests)).hasSize(40).allMatch(new Answer.Likelihood(-2, true)::equals);
        assertThat(most.get()).isBetween(2, 4);
    }

    @Test
    void generatedTextEndsBeforeItsFirstStopWhateverTheEndpointKnows() {
        List<String> seen = new ArrayList<>();
        EndpointScorer scorer = scorer((_, json) -> {
            seen.add(json);
            return ok("{\"choices\":[{\"text\":\"one two END three\"}]}");
        });
        assertThat(answers(scorer, generate("count", List.of("1", "2", "3", "4", "END"))))
                .containsExactly(new Answer.Text("one two "));
        assertThat(JSON.readTree(seen.getFirst()).path("stop").size()).isEqualTo(4);
        assertThat(JSON.readTree(seen.getFirst()).path("max_tokens").asInt()).isEqualTo(7);
    }

    @Test
    void aServerThatIsBusyOrBreaksOffIsAskedAgain() {
        AtomicInteger calls = new AtomicInteger();
        EndpointScorer scorer = scorer((_, json) -> switch (calls.getAndIncrement()) {
            case 0 -> new Line.Reply(429, "{\"error\":{\"message\":\"slow down\"}}", Optional.of(Duration.ofMillis(1)));
            case 1 -> throw new IOException("broken");
            default -> echo(json, "");
        });
        assertThat(answers(scorer, choice("a", " b"))).containsExactly(new Answer.Likelihood(-2, true));
        assertThat(calls.get()).isEqualTo(3);
    }

    @Test
    void aServerThatStaysBusyIsGivenUpWithItsOwnWords() {
        AtomicInteger calls = new AtomicInteger();
        Line busy = (_, _) -> {
            calls.incrementAndGet();
            return new Line.Reply(500, "{\"error\":{\"message\":\"out of\\nmemory\"}}", Optional.empty());
        };
        assertThatThrownBy(() -> answers(scorer(busy), choice("a", " b")))
                .isInstanceOf(EvalException.class)
                .hasMessageContaining("answers 500: out of memory, 3 times in a row")
                .hasMessageContaining("answers so far are kept");
        assertThat(calls.get()).isEqualTo(3);
        assertThatThrownBy(() -> answers(
                        scorer((_, _) -> {
                            throw new IOException("no route");
                        }),
                        choice("a", " b")))
                .hasMessageContaining("cannot be reached (no route), 3 times");
    }

    @Test
    void whatAskingAgainCannotHelpIsSaidAtOnce() {
        AtomicInteger calls = new AtomicInteger();
        assertThatThrownBy(() -> answers(
                        scorer((_, _) -> {
                            calls.incrementAndGet();
                            return new Line.Reply(401, "no", Optional.empty());
                        }),
                        choice("a", " b")))
                .hasMessageContaining("answers 401")
                .hasMessageContaining("--api-key-env");
        assertThat(calls.get()).isEqualTo(1);
        assertThatThrownBy(() ->
                        answers(scorer((_, _) -> new Line.Reply(404, "", Optional.empty())), choice("a", " b")))
                .hasMessageContaining("/completions");
    }

    @Test
    void garbageIsNoAnswer() {
        for (String body : List.of("", "<html>", "[]", "3", "{\"choices\":[{\"text\":")) {
            assertThatThrownBy(() -> answers(scorer((_, _) -> ok(body)), choice("a", " b")))
                    .as(body)
                    .isInstanceOf(EvalException.class)
                    .hasMessageContaining("something else than a JSON object");
        }
        assertThatThrownBy(() -> answers(scorer((_, _) -> ok("{}")), choice("a", " b")))
                .hasMessageContaining("without \"choices\"");
        assertThatThrownBy(() -> answers(scorer((_, _) -> ok("{\"choices\":[{}]}")), generate("a", List.of())))
                .hasMessageContaining("without a text");
    }

    @Test
    void anEndpointWithoutLogProbabilitiesOfThePromptIsRefused() {
        assertThatThrownBy(() -> answers(
                        scorer((_, _) -> ok("{\"choices\":[{\"text\":\"x\",\"logprobs\":null}]}")), choice("a", " b")))
                .hasMessageContaining("no log-probabilities")
                .hasMessageContaining("echo");
        // the log-probability of the new token alone, of a server that ignores echo
        String unechoed = "{\"choices\":[{\"logprobs\":{\"tokens\":[\" z\"],\"token_logprobs\":[-1]}}]}";
        assertThatThrownBy(() -> answers(scorer((_, _) -> ok(unechoed)), choice("a", " b")))
                .hasMessageContaining("--tokenizer");
        String nothing = "{\"choices\":[{\"logprobs\":{\"tokens\":[\"a\",\" b\",\" c\"],"
                + "\"token_logprobs\":[null,null,-1]}}]}";
        assertThatThrownBy(() -> answers(scorer((_, _) -> ok(nothing)), choice("a", " b")))
                .hasMessageContaining("log-probability of token 1");
    }

    @Test
    void textsAndConversationsNeedWhatAnEndpointDoesNotTell() {
        Line never = (_, _) -> {
            throw new AssertionError("nothing should be asked");
        };
        assertThatThrownBy(() -> answers(scorer(never), new Request.Rolling("text", 16)))
                .hasMessageContaining("--tokenizer");
        Request chat = new Request.LogLikelihood(new Prompt.Chat(List.of()), " b");
        assertThatThrownBy(() -> answers(scorer(never), chat)).hasMessageContaining("--apply-chat-template");
    }

    @Test
    void windowsOfATextLeaveRoomForTheTokenThatIsGeneratedBehindThem() {
        Path root = Path.of("").toAbsolutePath();
        while (!Files.isDirectory(root.resolve(".mvn"))) {
            root = root.getParent();
        }
        Tokenizer tokenizer = Tokenizer.read(root.resolve("core/src/test/resources/golden/models/tokenizer"));
        List<Integer> lengths = new ArrayList<>();
        Line line = (_, json) -> {
            int length = JSON.readTree(json).path("prompt").size();
            lengths.add(length);
            ObjectNode choice = JSON.createObjectNode();
            ArrayNode logprobs =
                    choice.putObject("logprobs").putArray("token_logprobs").addNull();
            for (int i = 1; i <= length; i++) {
                logprobs.add(-1);
            }
            ObjectNode body = JSON.createObjectNode();
            body.putArray("choices").add(choice);
            return ok(JSON.writeValueAsString(body));
        };
        String text = "It was a dark and stormy night; the rain fell in torrents. ";
        int tokens = tokenizer.encode(text).length;
        assertThat(answers(rolling(line, tokenizer, 8), new Request.Rolling(text, 16)))
                .containsExactly(new Answer.Rolled(-tokens, tokens));
        assertThat(lengths).allMatch(length -> length <= 7).hasSize(Math.ceilDiv(tokens, 6));
        assertThatThrownBy(() -> answers(rolling(line, tokenizer, 2), new Request.Rolling(text, 16)))
                .isInstanceOf(EvalException.class)
                .hasMessageContaining("--context");
    }

    private static EndpointScorer rolling(Line line, Tokenizer tokenizer, int context) {
        return new EndpointScorer(
                line,
                new EndpointScorer.Settings(
                        "the endpoint",
                        "m",
                        Optional.of(tokenizer),
                        OptionalInt.of(context),
                        1,
                        3,
                        Duration.ofMillis(1)));
    }

    @Test
    void aConversationGoesToTheEndpointsOwnTemplate() {
        List<String> seen = new ArrayList<>();
        EndpointScorer scorer = scorer((path, json) -> {
            seen.add(path + " " + json);
            return ok("{\"choices\":[{\"message\":{\"role\":\"assistant\",\"content\":\"four. five\"}}]}");
        });
        Prompt prompt = new Prompt.Chat(
                List.of(Message.system("Brief."), Message.user("1+1"), Message.model("two"), Message.user("2+2")));
        assertThat(answers(scorer, new Request.Generate(prompt, List.of("."), 7, Sampling.GREEDY, 0)))
                .containsExactly(new Answer.Text("four"));
        assertThat(seen).hasSize(1).first().asString().startsWith("chat/completions {");
        JsonNode body = JSON.readTree(seen.getFirst().substring("chat/completions ".length()));
        assertThat(body.path("messages")
                        .valueStream()
                        .map(m -> m.path("role").asString() + ":"
                                + m.path("content").asString()))
                .containsExactly("system:Brief.", "user:1+1", "assistant:two", "user:2+2");
        assertThat(body.has("prompt")).isFalse();
        assertThat(body.at("/stop/0").asString()).isEqualTo(".");
        EndpointScorer silent = scorer((_, _) -> ok("{\"choices\":[{\"message\":{\"content\":null}}]}"));
        assertThat(answers(silent, new Request.Generate(prompt, List.of(), 7, Sampling.GREEDY, 0)))
                .containsExactly(new Answer.Text(""));
    }

    @Test
    void sumsAreThoseOfTheTokensAsked() {
        Answer.Likelihood answer = Echo.ofIds(
                JSON.readTree("{\"logprobs\":{\"token_logprobs\":[null,-0.5,-0.25,-9]}}"), new int[] {2, 5, 6}, 1, "e");
        assertThat(answer.sum()).isCloseTo(-0.75, within(1e-12));
        assertThatThrownBy(() -> Echo.ofIds(
                        JSON.readTree("{\"logprobs\":{\"token_logprobs\":[null,-0.5]}}"), new int[] {2, 5, 6}, 1, "e"))
                .hasMessageContaining("2 log-probabilities for a prompt of 3 tokens");
    }
}
