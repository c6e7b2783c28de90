package dev.jemma.serve.tools;

import dev.jemma.infer.constraint.CallForm;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads {@code <tool_call>{"name": …, "arguments": {…}}</tool_call>}; the grammar has seen to its form. */
final class TextCalls implements CallReader {
    private static final Pattern HEAD =
            Pattern.compile("\\s*\\{\\s*\"name\"\\s*:\\s*\"([^\"]*)\"\\s*,\\s*\"arguments\"\\s*:\\s*(?=\\{)");

    private enum Phase {
        PROSE,
        FORMED,
        HEAD,
        ARGUMENTS,
        TAIL
    }

    private final boolean onlyFirst;
    private final Prose prose = new Prose();
    private final StringBuilder held = new StringBuilder();
    private Phase phase = Phase.PROSE;
    private boolean called;
    private int depth;
    private boolean inString;
    private boolean escaped;

    /** @param onlyFirst whether an answer that does not begin with a call has none, whatever its text looks like */
    TextCalls(boolean onlyFirst) {
        this.onlyFirst = onlyFirst;
    }

    @Override
    public void push(int id, String text, CallSink sink) {
        held.append(text);
        while (step(sink)) {
            // the next part of what is held
        }
    }

    @Override
    public void finish(CallSink sink) {
        if (phase == Phase.PROSE) {
            prose.add(held.toString(), sink);
            prose.end(sink);
        }
        held.setLength(0);
    }

    /** Takes some of what is held; whether the phase is another one now. */
    private boolean step(CallSink sink) {
        return switch (phase) {
            case PROSE -> {
                if (onlyFirst
                        && !called
                        && !CallForm.START.startsWith(held.toString())
                        && held.indexOf(CallForm.START) != 0) {
                    yield next(Phase.FORMED);
                }
                int mark = held.indexOf(CallForm.START);
                int end = mark < 0 ? held.length() - begun() : mark;
                prose.add(held.substring(0, end), sink);
                held.delete(0, mark < 0 ? end : mark + CallForm.START.length());
                yield mark >= 0 && next(Phase.HEAD);
            }
            case FORMED -> {
                if (!held.isEmpty()) {
                    sink.text(held.toString());
                    held.setLength(0);
                }
                yield false;
            }
            case HEAD -> {
                called = true;
                prose.call();
                Matcher head = HEAD.matcher(held);
                boolean found = head.lookingAt();
                if (found) {
                    sink.call(head.group(1));
                    held.delete(0, head.end());
                }
                yield found && next(Phase.ARGUMENTS);
            }
            case ARGUMENTS -> {
                int end = arguments();
                String part = held.substring(0, end);
                held.delete(0, end);
                if (!part.isEmpty()) {
                    sink.arguments(part);
                }
                yield depth == 0 && end > 0 && next(Phase.TAIL);
            }
            case TAIL -> {
                int end = held.indexOf(CallForm.END);
                held.delete(0, end < 0 ? 0 : end + CallForm.END.length());
                yield end >= 0 && next(Phase.PROSE);
            }
        };
    }

    /** How many characters at the end may begin a mark. */
    private int begun() {
        for (int n = Math.min(held.length(), CallForm.START.length() - 1); n > 0; n--) {
            if (CallForm.START.startsWith(held.substring(held.length() - n))) {
                return n;
            }
        }
        return 0;
    }

    private boolean next(Phase other) {
        phase = other;
        return true;
    }

    /** How much of what is held belongs to the arguments; depth is 0 behind their end. */
    private int arguments() {
        for (int i = 0; i < held.length(); i++) {
            char c = held.charAt(i);
            if (inString) {
                inString = escaped || c != '"';
                escaped = !escaped && c == '\\';
            } else if (c == '"') {
                inString = true;
            } else if (c == '{' || c == '[') {
                depth++;
            } else if ((c == '}' || c == ']') && --depth == 0) {
                return i + 1;
            }
        }
        return held.length();
    }
}
