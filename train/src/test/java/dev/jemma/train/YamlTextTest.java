package dev.jemma.train;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class YamlTextTest {
    @Test
    void stringsThatCouldBeTakenForSomethingElseAreQuoted() {
        Map<String, Object> inner = new LinkedHashMap<>();
        inner.put("rate", 0.001);
        inner.put("on", true);
        Map<String, Object> values = new LinkedHashMap<>();
        values.put("a", inner);
        values.put("b", List.of("x y", "plain", "yes", "- no\nmore: 1"));
        values.put("c", "1e5");
        values.put("d", List.of());
        values.put("e: f", "data/file.jsonl");
        assertThat(YamlText.of(values)).isEqualTo("""
                        a:
                          rate: 0.001
                          "on": true
                        b:
                          - "x y"
                          - plain
                          - "yes"
                          - "- no\\nmore: 1"
                        c: "1e5"
                        d: []
                        "e: f": data/file.jsonl
                        """);
    }
}
