package dev.jemma.eval.remote;

import dev.jemma.eval.EvalException;
import java.io.IOException;
import java.time.Duration;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Asks again, with growing pauses, where asking again can help: a busy or failing server, a line that breaks. */
final class Patient {
    private static final Duration MOST = Duration.ofSeconds(60);
    private static final int MOST_MESSAGE = 300;
    private static final JsonMapper JSON = new JsonMapper();

    private final Line line;
    private final String name;
    private final int tries;
    private final Duration firstPause;

    Patient(Line line, String name, int tries, Duration firstPause) {
        this.line = line;
        this.name = name;
        this.tries = tries;
        this.firstPause = firstPause;
    }

    /** The answer's JSON object. */
    JsonNode post(String path, String json) throws InterruptedException {
        for (int failures = 1; ; failures++) {
            Duration pause = firstPause.multipliedBy(1L << Math.min(failures - 1, 10));
            String problem;
            try {
                Line.Reply reply = line.post(path, json);
                if (reply.status() / 100 == 2) {
                    return object(reply.body());
                }
                problem = "answers " + reply.status() + said(reply.body());
                if (!isPassing(reply.status())) {
                    throw new EvalException(name + " " + problem + hint(reply.status()));
                }
                pause = reply.retryAfter().orElse(pause);
            } catch (IOException e) {
                problem = "cannot be reached (" + e.getMessage() + ")";
                if (failures >= tries) {
                    throw new EvalException(gaveUp(problem), e);
                }
            }
            if (failures >= tries) {
                throw new EvalException(gaveUp(problem));
            }
            Thread.sleep(pause.compareTo(MOST) > 0 ? MOST : pause);
        }
    }

    private String gaveUp(String problem) {
        return name + " " + problem + ", " + tries
                + " times in a row; answers so far are kept: run the same command again later, or with a smaller --concurrency";
    }

    private static boolean isPassing(int status) {
        return status == 408 || status == 429 || (status >= 500 && status != 501);
    }

    private static String hint(int status) {
        return switch (status) {
            case 401, 403 -> "; name the variable that holds the key with --api-key-env";
            case 404, 405 -> "; --base-url is the address before /completions, such as http://localhost:8080/v1";
            default -> status / 100 == 3 ? "; give the address that it sends to as --base-url" : "";
        };
    }

    /** The server's own message, if it sends one in the usual form. */
    private static String said(String body) {
        try {
            JsonNode node = JSON.readTree(body);
            String message = node.path("error").path("message").asString("");
            message = message.isEmpty() ? node.path("message").asString("") : message;
            return message.isEmpty() ? "" : ": " + printable(message);
        } catch (JacksonException e) {
            return "";
        }
    }

    /** Of one line, without control characters, and not too long. */
    private static String printable(String text) {
        String plain = text.replaceAll("[\\p{Cntrl}\\s]+", " ").strip();
        return plain.length() <= MOST_MESSAGE ? plain : plain.substring(0, MOST_MESSAGE) + "…";
    }

    private JsonNode object(String body) {
        try {
            JsonNode node = JSON.readTree(body);
            if (node.isObject()) {
                return node;
            }
        } catch (JacksonException e) {
            throw new EvalException(noJson(), e);
        }
        throw new EvalException(noJson());
    }

    private String noJson() {
        return name + " answers with something else than a JSON object; is it an OpenAI-compatible endpoint?";
    }
}
