package dev.jemma.serve.protocol;

/** Fields of OpenAI's interface that ask for what this server does not do, each refused by its name. The one list. */
final class NotYet {
    private NotYet() {}

    static void refuse(Fields fields) {
        fields.refuse("functions", "use 'tools'");
        fields.refuse("function_call", "use 'tool_choice'");
        fields.find("modalities").ifPresent(kinds -> {
            if (!kinds.isArray()
                    || kinds.size() != 1
                    || !kinds.get(0).isString()
                    || !kinds.get(0).stringValue().equals("text")) {
                throw ApiException.unsupported("modalities", "'modalities' other than [\"text\"] is not supported");
            }
        });
        fields.refuse("audio", "answers are text");
        fields.refuse("prediction", "the server guesses ahead by itself");
        fields.refuse("reasoning_effort", "the models do not reason apart from their answer");
        fields.refuse("verbosity", "say it in the prompt");
        fields.refuse("web_search_options", "the server opens no connection");
    }
}
