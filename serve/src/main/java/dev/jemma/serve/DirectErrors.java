package dev.jemma.serve;

import dev.jemma.serve.protocol.ApiException;

/** Answers to what is no HTTP request that reaches a route; their words do not repeat what came. */
final class DirectErrors {
    private DirectErrors() {}

    /** @param encoded whether the body is said to be compressed, which the web server refuses as any bad request */
    static ApiException of(int status, long maxBodyBytes, boolean encoded) {
        if (encoded) {
            return ApiException.invalid("", "a compressed body is not supported: send it without 'Content-Encoding'");
        }
        return switch (status) {
            case 404 -> ApiException.noSuchPath();
            case 413 -> ApiException.tooLarge(maxBodyBytes);
            case 414 -> ApiException.invalid("", "the request's path is too long");
            case 505 -> ApiException.invalid("", "this server speaks HTTP/1.1; a proxy may have to be told so");
            case 403 -> ApiException.forbidden("the request is not allowed");
            default ->
                ApiException.invalid(
                        "", "this is not a valid HTTP request, or its head is longer than this server reads");
        };
    }
}
