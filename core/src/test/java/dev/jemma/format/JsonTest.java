package dev.jemma.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class JsonTest {
    private static Json parse(String text) {
        return Json.parse(text.getBytes(StandardCharsets.UTF_8), "x.json");
    }

    @Test
    void valuesAreReadByTheirType() {
        Json json = parse(
                "{\"s\":\"a\\u00e4\",\"i\":8192.0,\"d\":1e-6,\"b\":true,\"n\":null,\"l\":[1,2,3],\"o\":{\"k\":-1}}");
        assertThat(json.string("s")).contains("aä");
        assertThat(json.integer("i")).hasValue(8192);
        assertThat(json.real("d")).hasValue(1e-6);
        assertThat(json.bool("b")).contains(true);
        assertThat(json.has("n")).isFalse();
        assertThat(json.keys()).containsExactly("s", "i", "d", "b", "n", "l", "o");
        assertThat(json.get("l").items()).hasSize(3);
        assertThat(json.get("o").get("k").asInt()).isEqualTo(-1);
        assertThat(json.integer("absent")).isEmpty();
    }

    @Test
    void anErrorSaysWhereTheValueStands() {
        Json json = parse("{\"text_config\":{\"layers\":[{\"size\":\"big\"}]}}");
        Json layer = json.get("text_config").get("layers").items().getFirst();
        assertThatThrownBy(() -> layer.get("size").asInt())
                .isInstanceOf(FormatException.class)
                .hasMessage("x.json: text_config.layers[0].size should be a whole number, not \"big\"");
        assertThatThrownBy(() -> layer.get("width")).hasMessage("x.json: text_config.layers[0].width is missing");
        assertThatThrownBy(() -> json.items()).hasMessage("x.json: the file should be an array, not an object");
    }

    @Test
    void objectsOfAnySizeKeepTheirOrderAndFindTheirFields() {
        for (int n : new int[] {1, 8, 9, 100}) {
            Json json = parse(IntStream.range(0, n)
                    .mapToObj(i -> "\"k" + (n - i) + "\":" + i)
                    .collect(Collectors.joining(",", "{", "}")));
            assertThat(json.keys()).hasSize(n).startsWith("k" + n).endsWith("k1");
            for (int i = 0; i < n; i++) {
                assertThat(json.integer("k" + (n - i))).hasValue(i);
            }
            assertThat(json.has("k0")).isFalse();
        }
    }

    @Test
    void aFieldThatOccursTwiceIsRefused() {
        String many = IntStream.range(0, 20).mapToObj(i -> "\"k" + i + "\":0,").collect(Collectors.joining());
        for (String text : new String[] {"{\"a\":1,\"a\":2}", "{" + many + "\"k7\":1}"}) {
            assertThatThrownBy(() -> parse(text))
                    .isInstanceOf(FormatException.class)
                    .hasMessageContaining("twice");
        }
    }

    @Test
    void brokenTextIsRefusedWithItsPlace() {
        for (String text : new String[] {"", "{", "{\"a\":}", "[1,]", "{} {}", "nul", "\"a", "[1}", "{\"a\" 1}"}) {
            assertThatThrownBy(() -> parse(text))
                    .isInstanceOf(FormatException.class)
                    .hasMessageContaining("x.json");
        }
    }

    @Test
    void textWrittenIsReadBackTheSame() {
        String text = "{\"a\":[1,2.5,\"x\\n\\\"\",null,true,[],{}],\"b\":{\"c\":1.0E-6}}";
        Json json = parse(text);
        assertThat(new String(JsonText.compact(json.raw()), StandardCharsets.UTF_8))
                .isEqualTo(text);
        Json again = Json.parse(JsonText.indented(json.raw()), "y.json");
        assertThat(again.raw()).isEqualTo(json.raw());
        assertThat(new String(JsonText.indented(json.raw()), StandardCharsets.UTF_8))
                .startsWith("{\n  \"a\": [\n    1,\n    2.5,");
    }
}
