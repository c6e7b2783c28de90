package dev.jemma.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.jemma.JemmaException;
import dev.jemma.chat.ChatException;
import dev.jemma.chat.ChatTemplate;
import dev.jemma.chat.Message;
import dev.jemma.infer.FinishReason;
import dev.jemma.infer.LanguageModel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class ChatSessionTest {
    private static LanguageModel model;

    @BeforeAll
    static void load() {
        model = LanguageModel.open(Path.of(TinyModels.gguf("gemma3-F32")));
    }

    @AfterAll
    static void close() {
        model.close();
    }

    private static ChatSession session() {
        ChatSession session = new ChatSession(model, ChatTemplate.GEMMA_3, new SamplingFlags());
        session.set("max-tokens", "6");
        return session;
    }

    private static ChatSession.Answer say(ChatSession session, String text) {
        return session.say(text, _ -> {});
    }

    @Test
    void anAnswerIsStreamedAndBecomesPartOfTheConversation() {
        ChatSession session = session();
        StringBuilder shown = new StringBuilder();

        ChatSession.Answer answer = session.say("Hello", shown::append);

        assertThat(shown.toString()).isEqualTo(answer.text());
        assertThat(session.messages()).containsExactly(Message.user("Hello"), Message.model(answer.text()));
        assertThat(answer.tokens()).isBetween(1, 6);
        assertThat(answer.promptTokens())
                .isEqualTo(ChatTemplate.GEMMA_3.encode(model.tokenizer(), List.of(Message.user("Hello")), true).length);
    }

    @Test
    void aLaterTurnAnswersTheWholeConversation() {
        ChatSession session = session();
        ChatSession.Answer first = say(session, "Hello");
        ChatSession.Answer second = say(session, "Go on");

        ChatSession again = session();
        assertThat(say(again, "Hello").text()).isEqualTo(first.text());
        assertThat(say(again, "Go on").text()).isEqualTo(second.text());
        assertThat(second.promptTokens()).isGreaterThan(first.promptTokens());
        assertThat(session.messages()).hasSize(4);
    }

    @Test
    void resetForgetsWhatWasSaidAndKeepsTheInstructions() {
        ChatSession session = session();
        session.instruct("Be brief.");
        say(session, "Hello");
        session.reset();

        assertThat(session.messages()).containsExactly(Message.system("Be brief."));
        session.instruct("");
        assertThat(session.messages()).isEmpty();
    }

    @Test
    void aModelWithoutASystemRoleRefusesInstructions() {
        ChatSession session = new ChatSession(model, ChatTemplate.GEMMA, new SamplingFlags());

        assertThatThrownBy(() -> session.instruct("Be brief.")).isInstanceOf(ChatException.class);
        assertThat(session.instructions()).isEmpty();
    }

    @Test
    void aConversationThatIsTooLongIsRefusedWithBothNumbersAndStaysAsItWas() {
        ChatSession session = session();
        say(session, "Hello");
        List<Message> before = new ArrayList<>(session.messages());

        assertThatThrownBy(() -> say(session, "word ".repeat(300)))
                .isInstanceOf(JemmaException.class)
                .hasMessageContaining("256")
                .hasMessageContaining("/reset");
        assertThat(session.messages()).isEqualTo(before);
        assertThat(say(session, "Go on").tokens()).isPositive();
    }

    @Test
    void anAnswerEndsAtTheContextsEnd() {
        ChatSession session = session();
        session.set("max-tokens", "100000");

        ChatSession.Answer answer = say(session, "Hello");

        assertThat(answer.promptTokens() + answer.tokens()).isLessThanOrEqualTo(256);
    }

    @Test
    void anAnswerCanBeStoppedAndWhatThereIsStays() {
        ChatSession session = session();
        session.set("max-tokens", "100000");
        AtomicInteger pieces = new AtomicInteger();
        ChatSession.Answer whole = say(session, "Hello");
        session.reset();

        ChatSession.Answer stopped = session.say("Hello", _ -> {
            if (pieces.incrementAndGet() == 2) {
                session.cancel();
            }
        });

        assertThat(stopped.finish()).isIn(FinishReason.CANCELLED, whole.finish());
        assertThat(stopped.tokens()).isLessThanOrEqualTo(whole.tokens());
        assertThat(whole.text()).startsWith(stopped.text());
        assertThat(session.messages()).containsExactly(Message.user("Hello"), Message.model(stopped.text()));
    }

    @Test
    void whenShowingFailsTheQuestionIsTakenBack() {
        ChatSession session = session();

        assertThatThrownBy(() -> session.say("Hello", _ -> {
                    throw new IllegalStateException("the reader went away");
                }))
                .isInstanceOf(IllegalStateException.class);
        assertThat(session.messages()).isEmpty();
    }
}
