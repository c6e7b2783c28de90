package dev.jemma.serve.tools;

import dev.jemma.chat.FunctionTokens;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import tools.jackson.core.io.JsonStringEncoder;

/**
 * Reads FunctionGemma's calls, {@code call:NAME{…}} between control tokens, and writes their arguments as JSON on the way.
 * Control tokens are known by their ids; the grammar has seen to the form.
 */
final class MarkedCalls implements CallReader {
    private static final String HEAD = "call:";

    private enum Phase {
        PROSE,
        HEAD,
        ARGUMENTS,
        TAIL
    }

    private final FunctionTokens marks;
    private final String startShown;
    private final Prose prose = new Prose();
    private final StringBuilder head = new StringBuilder();
    private final StringBuilder json = new StringBuilder(); // of the token at hand
    private final Deque<Character> open = new ArrayDeque<>();
    private Phase phase = Phase.PROSE;
    private boolean inString;
    private boolean nameNext;
    private boolean inName;

    /** @param startShown how a decoder shows the token that begins a call */
    MarkedCalls(FunctionTokens marks, String startShown) {
        this.marks = marks;
        this.startShown = startShown;
    }

    @Override
    public boolean byToken(int[] ids) {
        return Arrays.stream(ids).anyMatch(id -> id == marks.callStart());
    }

    @Override
    public void push(int id, String text, CallSink sink) {
        if (id == marks.callStart()) {
            if (text.endsWith(startShown)) { // text that waited ahead of it, in case a stop text came of it
                prose.add(text.substring(0, text.length() - startShown.length()), sink);
            }
            prose.call();
            head.setLength(0);
            phase = Phase.HEAD;
        } else if (id == marks.callEnd()) {
            phase = Phase.PROSE;
        } else if (id == marks.escape()) {
            inString = !inString;
            sink.arguments("\"");
        } else {
            plain(text, sink);
        }
    }

    private void plain(String text, CallSink sink) {
        String rest = text;
        if (phase == Phase.PROSE) {
            prose.add(text, sink);
            return;
        }
        if (phase == Phase.HEAD) {
            head.append(text);
            int brace = head.indexOf("{");
            if (brace < 0) {
                return;
            }
            sink.call(head.substring(HEAD.length(), brace));
            rest = head.substring(brace);
            phase = Phase.ARGUMENTS;
        }
        json.setLength(0);
        if (inString) {
            JsonStringEncoder.getInstance().quoteAsString(rest, json);
        } else {
            rest.chars().forEach(c -> structure((char) c));
        }
        if (!json.isEmpty()) {
            sink.arguments(json.toString());
        }
    }

    /** One character outside of strings: names are bare, everything else is as in JSON. */
    private void structure(char c) {
        if (phase != Phase.ARGUMENTS) {
            return;
        }
        if (nameNext && c != '}') {
            json.append('"');
            inName = true;
        }
        nameNext = false;
        if (inName) {
            inName = c != ':';
            json.append(c == ':' ? "\":" : c == '\\' ? "\\\\" : String.valueOf(c));
            return;
        }
        if (c == '{' || c == '[') {
            open.push(c);
        } else if (c == '}' || c == ']') {
            open.pop();
        }
        json.append(c);
        if (open.isEmpty()) {
            phase = Phase.TAIL;
        } else {
            nameNext = c == '{' || (c == ',' && open.peek() == '{');
        }
    }

    @Override
    public void finish(CallSink sink) {
        if (phase == Phase.PROSE) {
            prose.end(sink);
        }
    }
}
