package dev.jemma.infer.constraint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.jemma.JemmaException;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class JsonSchemaTest {
    private static final String PERSON = """
            {"type": "object", "title": "a person", "required": ["name", "age"], "additionalProperties": false,
             "properties": {"name": {"type": "string"}, "nick": {"type": "string"},
             "age": {"type": "integer", "minimum": 0, "maximum": 130}}}""";

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            quoteCharacter = '`',
            value = {
                "{\"name\":\"Ann\",\"age\":7}; true",
                "{\"name\": \"Ann\", \"nick\": \"A\", \"age\": 130}; true",
                "{\"age\":7,\"name\":\"Ann\"}; false",
                "{\"name\":\"Ann\"}; false",
                "{\"name\":\"Ann\",\"age\":131}; false",
                "{\"name\":\"Ann\",\"age\":07}; false",
                "{\"name\":\"Ann\",\"age\":7,\"x\":1}; false",
                "{\"name\":\"a\\nb\",\"age\":7}; true",
                "{\"name\":\"a\\qb\",\"age\":7}; false"
            })
    void anObjectHasItsPropertiesInOrder(String document, boolean allowed) {
        assertThat(Grammar.jsonSchema(PERSON).matches(document)).isEqualTo(allowed);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            quoteCharacter = '`',
            value = {
                "{\"type\":\"integer\",\"minimum\":-5,\"exclusiveMaximum\":12}; -5 -1 0 9 10 11; -6 12 -0 1.0 00",
                "{\"type\":\"integer\",\"multipleOf\":7,\"minimum\":100}; 105 112 1001; 98 106 0 -105",
                "{\"type\":\"number\",\"minimum\":-1.5,\"maximum\":2.25}; -1.5 -1.49 -0.1 0 0.0 2 2.25 2.250 2.1; -1.51 2.26 2.2501 -2 1e0",
                "{\"type\":\"number\",\"exclusiveMinimum\":0.5}; 0.51 0.5001 1 10.0; 0.5 0.50 0.49 0 -1",
                "{\"type\":\"number\",\"multipleOf\":0.01,\"maximum\":-3}; -3 -3.01 -10.5; -2.99 -3.001 3",
                "{\"type\":\"number\"}; 1 -0.5 1e10 2.5E-3; 01 .5 1. +1 1e123",
                "{\"type\":\"integer\",\"minimum\":5,\"exclusiveMinimum\":true}; 6; 5",
                "{\"enum\":[1,12,\"a\",null],\"type\":[\"integer\",\"null\"]}; 1 12 null; \"a\" 2 121",
                "{\"type\":\"string\",\"nullable\":true,\"maxLength\":1}; null \"\" \"é\" \"\\n\"; \"ab\"",
                "{\"type\":\"array\",\"prefixItems\":[{\"const\":1},{\"const\":2}],\"items\":false,\"minItems\":1}; [1] [1,2]; [] [2] [1,2,3]",
                "{\"type\":\"array\",\"items\":[{\"const\":1}],\"additionalItems\":{\"const\":3}}; [] [1] [1,3,3]; [3]",
                "{\"properties\":{\"a\":{\"const\":1}},\"additionalProperties\":{\"const\":2}}; {} {\"a\":1} {\"a\":1,\"b\":2} {\"aa\":2}; {\"a\":2} {\"b\":1} {\"b\":2,\"a\":1}",
                "{\"type\":\"string\",\"pattern\":\"^a|b$\"}; \"a\" \"ax\" \"xb\"; \"xa\" \"bx\" \"\"",
                "{\"$ref\":\"#/$defs/x~1y\",\"$defs\":{\"x/y\":{\"const\":1}}}; 1; 2"
            })
    void wordsMeanWhatTheySay(String schema, String allowed, String forbidden) {
        Grammar grammar = Grammar.jsonSchema(schema);
        boolean older =
                schema.contains("nullable") || schema.contains("additionalItems") || schema.contains("mum\":true");
        for (String document : allowed.strip().split(" ")) {
            assertThat(grammar.matches(document)).as(document).isTrue();
            if (!older) { // words of other standards, which the oracle does not know
                assertThat(new Oracle(schema).errors(document)).as(document).isEmpty();
            }
        }
        for (String document : forbidden.strip().split(" ")) {
            assertThat(grammar.matches(document)).as(document).isFalse();
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            quoteCharacter = '`',
            value = {
                "{\"not\":{}}; schema #: \"not\" is not supported",
                "{\"properties\":{\"a/b\":{\"if\":true}}}; schema #/properties/a~1b: \"if\" is not supported",
                "{\"items\":{\"patternProperties\":{}}}; schema #/items: \"patternProperties\" is not supported",
                "{\"$ref\":\"http://example.com/x\"}; leaves the document",
                "{\"$ref\":\"other.json#/a\"}; leaves the document",
                "{\"$ref\":\"#/$defs/gone\"}; points to nothing",
                "{\"type\":\"string\",\"format\":\"iri\"}; format \"iri\" is not supported",
                "{\"type\":\"strin\"}; type \"strin\" is not supported",
                "{\"type\":\"string\",\"pattern\":\"(?=a)\"}; look-around",
                "{\"type\":\"array\",\"uniqueItems\":true}; \"uniqueItems\" is supported where",
                "{\"type\":\"number\",\"multipleOf\":0.3}; \"multipleOf\" is supported for",
                "{\"oneOf\":[{\"type\":\"string\"},{\"type\":\"string\",\"maxLength\":3}]}; its parts 0 and 1 may both hold",
                "{\"$ref\":\"#\"}; refers to itself without anything in between",
                "{\"anyOf\":[{\"$ref\":\"#\"},{\"type\":\"null\"}]}; refers to itself without anything in between",
                "{\"allOf\":[{\"$ref\":\"#\"},{\"type\":\"null\"}]}; refers to itself without anything in between",
                "{\"type\":\"object\",\"required\":[\"a\"],\"properties\":{\"a\":{\"$ref\":\"#\"}}}; no document that ever ends",
                "{\"type\":\"integer\",\"minimum\":3,\"maximum\":2}; no document",
                "{\"type\":\"string\",\"enum\":[1,2]}; no document",
                "false; no document",
                "{\"minimum\":\"3\"}; \"minimum\" should be a number",
                "{\"type\":\"array\",\"minItems\":-1}; whole number, 0 or more",
                "{\"allOf\":[{\"properties\":{\"a\":{}},\"additionalProperties\":false},{\"properties\":{\"b\":{}}}]}; \"additionalProperties\" of one part",
                "{\"allOf\":[{\"prefixItems\":[{\"minimum\":3}]}],\"items\":{\"minimum\":5}}; \"items\" of one part",
                "[1]; a schema is an object"
            })
    void whatIsNotSupportedIsRefusedByNameAndPlace(String schema, String problem) {
        assertThatThrownBy(() -> Grammar.jsonSchema(schema))
                .isInstanceOf(ConstraintException.class)
                .hasMessageContaining(problem);
    }

    @Test
    void theLongestMailboxIsOneThatTheStandardAllows() {
        Grammar grammar = Grammar.jsonSchema("{\"type\": \"string\", \"format\": \"email\"}");
        String longest = "a".repeat(30) + ("." + "b".repeat(16)).repeat(2);
        assertThat(longest).hasSize(64);
        assertThat(grammar.matches("\"" + longest + "@example.com\"")).isTrue();
        assertThat(grammar.begins("\"a" + longest)).isFalse();
        assertThat(new Oracle("{\"format\": \"email\"}").errors("\"" + longest + "@example.com\""))
                .isEmpty();
    }

    @Test
    void recursionThatCanEndDoesAndDeadBranchesAreNeverEntered() {
        String tree = """
                {"$defs": {"dead": {"type": "object", "required": ["d"], "properties": {"d": {"$ref": "#/$defs/dead"}}}},
                 "type": "object", "required": ["children"], "properties": {
                 "children": {"type": "array", "items": {"$ref": "#"}},
                 "or": {"anyOf": [{"$ref": "#/$defs/dead"}, {"const": 1}]}}}""";
        Grammar grammar = Grammar.jsonSchema(tree);
        assertThat(grammar.matches("{\"children\":[{\"children\":[]},{\"children\":[],\"or\":1}]}"))
                .isTrue();
        assertThat(grammar.begins("{\"children\":[],\"or\":{")).isFalse();
        Oracle oracle = new Oracle(tree);
        for (int seed = 0; seed < 50; seed++) {
            assertThat(oracle.errors(RandomText.of(grammar, new Random(seed), 200)))
                    .isEmpty();
        }
    }

    @Test
    void hostileSchemasAreRefusedOrStayWithinBounds() {
        StringBuilder names = new StringBuilder();
        StringBuilder values = new StringBuilder();
        for (int i = 0; i < 9_000; i++) {
            names.append("\"p").append(i).append("\":{},");
            values.append("\"").append("a".repeat(i % 100)).append(i).append("\",");
        }
        String doubling = "{\"$defs\":{\"a0\":{\"type\":\"string\"}";
        for (int i = 1; i < 40; i++) {
            String ref = "{\"$ref\":\"#/$defs/a" + (i - 1) + "\"}";
            doubling += ",\"a" + i + "\":{\"minLength\":1,\"anyOf\":[" + ref + "," + ref + "]}";
        }
        String[] refused = {
            "{\"items\":".repeat(60) + "{\"items\":".repeat(60) + "true" + "}".repeat(120),
            "{\"type\":\"object\",\"properties\":{" + names + "\"z\":{}}}",
            doubling + "},\"$ref\":\"#/$defs/a39\"}",
            "{\"type\":\"string\",\"pattern\":\"(a|b)*a(a|b){30}\",\"maxLength\":500}",
            "{\"type\":\"string\",\"pattern\":\"^([a-z]{1,400} ){1,400}$\",\"minLength\":20000}",
            "{\"x-pad\":\"" + "x".repeat(1 << 20) + "\"}"
        };
        for (String schema : refused) {
            assertThatThrownBy(() -> Grammar.jsonSchema(schema))
                    .as(schema.substring(0, 40))
                    .isInstanceOf(JemmaException.class);
        }
        Grammar many = Grammar.jsonSchema("{\"enum\":[" + values + "\"z\"]}");
        assertThat(many.matches("\"" + "a".repeat(57) + "8957\"")).isTrue();
        Grammar huge = Grammar.jsonSchema(
                "{\"type\":\"array\",\"maxItems\":2000000000,\"items\":{\"type\":\"string\",\"minLength\":1000000000}}");
        assertThat(huge.begins("[\"aaaa")).isTrue();
    }
}
