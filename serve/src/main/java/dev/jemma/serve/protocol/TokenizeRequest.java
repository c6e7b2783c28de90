package dev.jemma.serve.protocol;

import java.util.Optional;

/**
 * A body of {@code /tokenize}.
 *
 * @param model the name asked for, if any
 * @param content plain text
 * @param bos whether {@code <bos>} stands in front
 * @param pieces whether each token comes with its piece
 */
public record TokenizeRequest(Optional<String> model, String content, boolean bos, boolean pieces) {
    /**
     * Reads and checks a body.
     *
     * @throws ApiException that names the field that is wrong
     */
    public static TokenizeRequest read(Fields fields) {
        TokenizeRequest request = new TokenizeRequest(
                fields.string("model"),
                fields.string("content").orElseThrow(() -> Fields.wrong("content", "a text")),
                fields.bool("add_special", false),
                fields.bool("with_pieces", false));
        fields.end();
        return request;
    }
}
