package dev.jemma.chat;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * What has to be known of jinja without running it: how its {@code trim} trims, and whether two templates are the same
 * but for layout. A template's fingerprint is the hash of its tokens: white space between them, comments, the kind of
 * quotes and the way to write a line break do not count; text between tags counts as it would be printed with
 * {@code trim_blocks} and {@code lstrip_blocks}, as Hugging Face sets them.
 */
final class Jinja {
    private final String source;
    private final StringBuilder canonical = new StringBuilder();
    private int at;

    private Jinja(String source) {
        this.source = source;
    }

    /** Without the white space at either end, as Python understands white space. */
    static String trim(String text) {
        int from = 0;
        int to = text.length();
        while (from < to && isSpace(text.charAt(from))) {
            from++;
        }
        while (to > from && isSpace(text.charAt(to - 1))) {
            to--;
        }
        return text.substring(from, to);
    }

    private static boolean isSpace(char c) {
        return (c >= '\t' && c <= '\r') || (c >= 0x1C && c <= 0x1F) || c == 0x85 || Character.isSpaceChar(c);
    }

    static String fingerprint(String template) {
        try {
            byte[] hash = MessageDigest.getInstance("SHA-256")
                    .digest(new Jinja(template.replace("\r\n", "\n"))
                            .canonical()
                            .getBytes(UTF_8));
            return HexFormat.of().formatHex(hash);
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every Java has SHA-256", e);
        }
    }

    private String canonical() {
        char closedBy = 0; // kind of the tag before the text; '-' if it eats the white space after it
        while (at < source.length()) {
            int open = nextTag(at);
            String text = source.substring(at, open);
            boolean atEnd = open == source.length();
            char kind = atEnd ? 0 : source.charAt(open + 1);
            boolean eats = !atEnd && open + 2 < source.length() && source.charAt(open + 2) == '-';
            text(text, closedBy, kind, eats);
            if (atEnd) {
                break;
            }
            at = open + 2;
            closedBy = tag(kind);
        }
        return canonical.toString();
    }

    private int nextTag(int from) {
        for (int i = source.indexOf('{', from); i >= 0 && i + 1 < source.length(); i = source.indexOf('{', i + 1)) {
            if ("{%#".indexOf(source.charAt(i + 1)) >= 0) {
                return i;
            }
        }
        return source.length();
    }

    private void text(String text, char closedBy, char next, boolean nextEats) {
        String kept = text;
        if (closedBy == '-') {
            kept = kept.stripLeading();
        } else if ((closedBy == '%' || closedBy == '#') && kept.startsWith("\n")) {
            kept = kept.substring(1);
        }
        if (nextEats) {
            kept = kept.stripTrailing();
        } else if (next == '%' || next == '#') {
            String line = kept.substring(kept.lastIndexOf('\n') + 1);
            if (line.isBlank() && (line.length() < kept.length() || closedBy != '}')) {
                kept = kept.substring(0, kept.length() - line.length());
            }
        }
        if (next == 0 && kept.endsWith("\n")) {
            kept = kept.substring(0, kept.length() - 1); // the file's last line break
        }
        if (!kept.isEmpty()) {
            token("text " + kept);
        }
    }

    // Reads a tag from behind its opening; returns its kind, or '-' if its closing eats white space.
    private char tag(char kind) {
        char close = kind == '{' ? '}' : kind;
        if (kind == '#') {
            int end = source.indexOf("#}", at);
            boolean eats = end > at && source.charAt(end - 1) == '-';
            at = end < 0 ? source.length() : end + 2;
            return eats ? '-' : '#';
        }
        token(kind == '{' ? "{{" : "{%");
        if (at < source.length() && (source.charAt(at) == '-' || source.charAt(at) == '+')) {
            at++;
        }
        while (at < source.length()) {
            char c = source.charAt(at);
            if (c == '-' && source.startsWith(close + "}", at + 1)) {
                at += 3;
                return '-';
            }
            if (c == close && source.startsWith("}", at + 1)) {
                at += 2;
                return close;
            }
            if (c == '\'' || c == '"') {
                string(c);
            } else if (Character.isLetterOrDigit(c) || c == '_') {
                int from = at;
                while (at < source.length()
                        && (Character.isLetterOrDigit(source.charAt(at)) || source.charAt(at) == '_')) {
                    at++;
                }
                token(source.substring(from, at));
            } else {
                if (!Character.isWhitespace(c)) {
                    token(String.valueOf(c));
                }
                at++;
            }
        }
        return close;
    }

    private void string(char quote) {
        StringBuilder value = new StringBuilder("string ");
        for (at++; at < source.length() && source.charAt(at) != quote; at++) {
            char c = source.charAt(at);
            if (c == '\\' && at + 1 < source.length()) {
                char escaped = source.charAt(++at);
                switch (escaped) {
                    case 'n' -> value.append('\n');
                    case 't' -> value.append('\t');
                    case '\'', '"', '\\' -> value.append(escaped);
                    default -> value.append('\\').append(escaped);
                }
            } else {
                value.append(c);
            }
        }
        at++;
        token(value.toString());
    }

    private void token(String token) {
        canonical.append(token.length()).append(' ').append(token).append('\n');
    }
}
