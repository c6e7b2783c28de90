package dev.jemma.serve.protocol;

import dev.jemma.JemmaException;
import java.util.Optional;
import java.util.OptionalInt;
import tools.jackson.databind.node.ObjectNode;

/** A request that is answered with an error: its HTTP status and what OpenAI's error object says. */
public final class ApiException extends JemmaException {
    private static final long serialVersionUID = 1L;

    private final int status;
    private final String type;
    private final String param;
    private final String code;
    private final int retryAfterSeconds;

    private ApiException(int status, String type, String message, String param, String code, int retryAfterSeconds) {
        super(message);
        this.status = status;
        this.type = type;
        this.param = param;
        this.code = code;
        this.retryAfterSeconds = retryAfterSeconds;
    }

    /** 400: a field is wrong; {@code param} is its path. */
    public static ApiException invalid(String param, String message) {
        return new ApiException(400, "invalid_request_error", message, param, "", 0);
    }

    /** 400: a field that is known and not supported, or not known at all. */
    public static ApiException unsupported(String param, String message) {
        return new ApiException(400, "invalid_request_error", message, param, "unsupported_parameter", 0);
    }

    /** 400: more tokens than the context or the memory holds. */
    public static ApiException tooLong(String param, String message) {
        return new ApiException(400, "invalid_request_error", message, param, "context_length_exceeded", 0);
    }

    /** 401: no key, or none that is known. */
    public static ApiException unauthorized() {
        return new ApiException(
                401,
                "invalid_request_error",
                "this server needs an API key: send it as 'Authorization: Bearer KEY'",
                "",
                "invalid_api_key",
                0);
    }

    /** 403: a Host or Origin that is not on the list. */
    public static ApiException forbidden(String message) {
        return new ApiException(403, "invalid_request_error", message, "", "forbidden", 0);
    }

    /** 404: there is no such path. */
    public static ApiException noSuchPath() {
        return new ApiException(
                404, "invalid_request_error", "there is no such path; /openapi.json lists those there are", "", "", 0);
    }

    /** 404: a model that is not served. */
    public static ApiException noSuchModel(String message) {
        return new ApiException(404, "invalid_request_error", message, "model", "model_not_found", 0);
    }

    /** 405: the path takes another method. */
    public static ApiException wrongMethod(String allowed) {
        return new ApiException(405, "invalid_request_error", "this path takes " + allowed, "", "", 0);
    }

    /** 408: the body did not come in time. */
    public static ApiException tooSlow() {
        return new ApiException(408, "invalid_request_error", "the request's body did not come in time", "", "", 0);
    }

    /** 413: a body above the limit. */
    public static ApiException tooLarge(long limitBytes) {
        return new ApiException(
                413,
                "invalid_request_error",
                "the request's body is larger than " + limitBytes + " bytes, the limit of this server",
                "",
                "request_too_large",
                0);
    }

    /** 415: not JSON. */
    public static ApiException notJson() {
        return new ApiException(
                415,
                "invalid_request_error",
                "the body must be JSON: send 'Content-Type: application/json'",
                "",
                "",
                0);
    }

    /** 429: the queue is full. */
    public static ApiException busy(String message, int retryAfterSeconds) {
        return new ApiException(429, "rate_limit_error", message, "", "queue_full", retryAfterSeconds);
    }

    /** 500: our own trouble. */
    public static ApiException internal(String requestId) {
        return new ApiException(
                500,
                "server_error",
                "the server failed on this request; its log says why beside the id " + requestId,
                "",
                "",
                0);
    }

    /** 503: the server is being stopped. */
    public static ApiException stopping() {
        return new ApiException(503, "server_error", "the server is being stopped", "", "stopping", 5);
    }

    /** 504: the deadline of requests passed. */
    public static ApiException deadline(long seconds) {
        return new ApiException(
                504,
                "server_error",
                "not done within " + seconds + " s, the limit of this server: ask for fewer tokens",
                "",
                "deadline_exceeded",
                0);
    }

    /** What an exception says. */
    public static String words(Throwable e) {
        return String.valueOf(e.getMessage());
    }

    /** The HTTP status. */
    public int status() {
        return status;
    }

    /** When to come again, if it makes sense to. */
    public OptionalInt retryAfterSeconds() {
        return retryAfterSeconds > 0 ? OptionalInt.of(retryAfterSeconds) : OptionalInt.empty();
    }

    /** The path of the field that is wrong, if it is one. */
    public Optional<String> param() {
        return param.isEmpty() ? Optional.empty() : Optional.of(param);
    }

    /** {@code {"error": {…}}}. */
    public ObjectNode body() {
        ObjectNode root = Wire.object();
        ObjectNode error = root.putObject("error");
        error.put("message", getMessage());
        error.put("type", type);
        if (param.isEmpty()) {
            error.putNull("param");
        } else {
            error.put("param", param);
        }
        if (code.isEmpty()) {
            error.putNull("code");
        } else {
            error.put("code", code);
        }
        return root;
    }
}
