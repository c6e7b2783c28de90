package dev.jemma.serve;

import dev.jemma.serve.protocol.ApiException;

/** Answers to what is no HTTP request that reaches a route; their words do not repeat what came. */
final class DirectErrors {
    private DirectErrors() {}

    static ApiException of(int status) {
        return switch (status) {
            case 404 -> ApiException.noSuchPath();
            case 413 -> ApiException.invalid("", "the request's body is larger than this server takes");
            case 403 -> ApiException.forbidden("the request is not allowed");
            default -> ApiException.invalid("", "this is not a valid HTTP request");
        };
    }
}
