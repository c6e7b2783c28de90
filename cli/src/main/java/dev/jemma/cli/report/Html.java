package dev.jemma.cli.report;

/** Text in a page. */
final class Html {
    private Html() {}

    /** Text that means nothing to a browser. */
    static String text(String plain) {
        return plain.replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace(">", "&gt;")
                .replace("\"", "&quot;");
    }
}
