package dev.jemma.serve;

import static org.assertj.core.api.Assertions.assertThat;

import dev.jemma.serve.TinyServer.Reply;
import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** docs/serving.md says what is true: its curl lines are answered, its paths and fields are those of the server. */
class ServingPageTest {
    private static final Pattern CURL = Pattern.compile(
            "(?m)^curl -s(N?) http://127\\.0\\.0\\.1:8080(\\S+)(?: -H 'Content-Type: application/json' -d '([^']+)')?$");

    private static String page() throws IOException {
        return Files.readString(TinyServer.root().resolve("docs/serving.md"));
    }

    @Test
    void everyCurlLineIsAnswered() throws IOException {
        List<Matcher> lines = CURL.matcher(page())
                .results()
                .map(r -> {
                    Matcher line = CURL.matcher(r.group());
                    assertThat(line.matches()).isTrue();
                    return line;
                })
                .toList();
        assertThat(lines)
                .hasSize((int) page().lines().filter(l -> l.startsWith("curl ")).count());
        assertThat(lines).hasSizeGreaterThan(4);
        try (TinyServer tiny = TinyServer.withFunctions(false, o -> o)) { // some prompts are long
            for (Matcher line : lines) {
                Reply reply = line.group(3) == null ? tiny.get(line.group(2)) : tiny.post(line.group(2), line.group(3));
                assertThat(reply.status()).as(line.group()).isEqualTo(200);
                if (!line.group(1).isEmpty()) {
                    assertThat(reply.events()).hasSizeGreaterThan(1);
                }
            }
        }
    }

    @Test
    void everyPathAndFieldOfTheDocumentStandsOnThePage() throws IOException {
        String page = page();
        try (TinyServer tiny = TinyServer.start()) {
            JsonNode document = tiny.get("/openapi.json").json();
            for (String path : document.get("paths").propertyNames()) {
                assertThat(page).contains(path + "`");
            }
            JsonNode fields = document.at(
                    "/paths/~1v1~1chat~1completions/post/requestBody/content/application~1json/schema/properties");
            for (String field : fields.propertyNames()) {
                if (!field.equals("messages")) {
                    assertThat(page).contains("`" + field);
                }
            }
        }
    }
}
