package dev.jemma.infer.constraint;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.json.JsonMapper;

class RandomSchemaTest {
    private static final int SCHEMAS = 400;

    @Test
    void everyDocumentOfEverySchemaIsValid() {
        JsonMapper mapper = new JsonMapper();
        int documents = 0;
        for (int seed = 0; seed < SCHEMAS; seed++) {
            Random random = new Random(seed);
            String schema = mapper.writeValueAsString(new RandomSchema(random).next());
            Grammar grammar = Grammar.jsonSchema(schema);
            Oracle oracle = new Oracle(schema);
            for (int i = 0; i < 10; i++) {
                String document = RandomText.of(grammar, random, random.nextInt(300));
                assertThat(grammar.matches(document)).isTrue();
                assertThat(oracle.errors(document))
                        .as("%s%nof %s", document, schema)
                        .isEmpty();
                documents++;
            }
        }
        assertThat(documents).isEqualTo(10 * SCHEMAS);
    }
}
