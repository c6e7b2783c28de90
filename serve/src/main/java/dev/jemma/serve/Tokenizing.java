package dev.jemma.serve;

import dev.jemma.infer.LanguageModel;
import dev.jemma.serve.protocol.ApiException;
import dev.jemma.serve.protocol.DetokenizeRequest;
import dev.jemma.serve.protocol.TokenizeRequest;
import dev.jemma.serve.protocol.Wire;
import dev.jemma.tokenizer.SpecialText;
import dev.jemma.tokenizer.Tokenizer;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** {@code /tokenize} and {@code /detokenize}. */
final class Tokenizing {
    private final Models models;
    private final ServeOptions options;

    Tokenizing(Models models, ServeOptions options) {
        this.models = models;
        this.options = options;
    }

    void tokenize(Exchange exchange) {
        TokenizeRequest request = TokenizeRequest.read(exchange.body(options.maxBodyBytes()));
        LanguageModel model = models.choose(request.model()).model();
        Tokenizer tokenizer = model.tokenizer();
        int[] ids = tokenizer.encode(request.content());
        ObjectNode answer = Wire.object();
        ArrayNode tokens = answer.putArray("tokens");
        for (int id : request.bos() ? tokenizer.withBos(ids) : ids) {
            if (request.pieces()) {
                tokens.addObject().put("id", id).put("piece", tokenizer.piece(id));
            } else {
                tokens.add(id);
            }
        }
        answer.put("count", tokens.size());
        answer.put("max_model_len", model.engine().options().contextLength());
        exchange.json(200, answer);
    }

    void detokenize(Exchange exchange) {
        DetokenizeRequest request = DetokenizeRequest.read(exchange.body(options.maxBodyBytes()));
        Tokenizer tokenizer = models.choose(request.model()).model().tokenizer();
        for (int id : request.ids()) {
            if (id >= tokenizer.vocabularySize() && !tokenizer.special().isSpecial(id)) {
                throw ApiException.invalid("tokens", "token id " + id + " is outside the vocabulary");
            }
        }
        exchange.json(200, Wire.object().put("content", tokenizer.decode(request.ids(), SpecialText.SHOW)));
    }
}
