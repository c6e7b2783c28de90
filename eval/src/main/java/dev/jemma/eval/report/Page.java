package dev.jemma.eval.report;

/** Text on its way into a page: what it says, never what it would do. */
final class Page {
    private Page() {}

    /** Text between tags or inside a quoted attribute. */
    static String text(String plain) {
        StringBuilder safe = new StringBuilder(plain.length() + 16);
        plain.codePoints().forEach(c -> {
            switch (c) {
                case '&' -> safe.append("&amp;");
                case '<' -> safe.append("&lt;");
                case '>' -> safe.append("&gt;");
                case '"' -> safe.append("&quot;");
                case '\'' -> safe.append("&#39;");
                default -> {
                    // what HTML does not allow, such as NUL or half of a pair, is shown as one sign
                    boolean odd = (c < ' ' && c != '\n' && c != '\t' && c != '\r')
                            || (c >= 0x7f && c < 0xa0)
                            || Character.getType(c) == Character.SURROGATE;
                    safe.appendCodePoint(odd ? 0xfffd : c);
                }
            }
        });
        return safe.toString();
    }

    /** JSON inside a script element: nothing in it can end the element or begin another. */
    static String json(String json) {
        return json.replace("&", "\\u0026")
                .replace("<", "\\u003c")
                .replace(">", "\\u003e")
                .replace("\u2028", "\\u2028")
                .replace("\u2029", "\\u2029");
    }

    /** A cell of a Markdown table. */
    static String cell(String plain) {
        return plain.replace("\\", "\\\\")
                .replace("|", "\\|")
                .replace("<", "&lt;")
                .replaceAll("\\s*\\R\\s*", " ");
    }
}
