package dev.jemma.data;

/** Why a document gives no example. */
enum Drop {
    EMPTY("empty"),
    UNUSABLE("unusable"),
    NOTHING_TRAINED("no answer to train on"),
    TOO_LONG("longer than the maximum"),
    PROMPT_TOO_LONG("no trained token within the maximum length"),
    MATCHED("matched the expression"),
    DUPLICATE("duplicate");

    private final String reason;

    Drop(String reason) {
        this.reason = reason;
    }

    String reason() {
        return reason;
    }
}
