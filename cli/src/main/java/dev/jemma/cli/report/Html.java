package dev.jemma.cli.report;

/** Text in a page, and how a page begins. */
final class Html {
    private static final String STYLE = """
            body{font:15px/1.5 system-ui,sans-serif;max-width:1180px;margin:2em auto;padding:0 1em}
            .charts{display:grid;grid-template-columns:repeat(auto-fit,minmax(440px,1fr));gap:1em}
            svg{width:100%;font-size:11px}svg line{stroke:#ddd}svg .title{font-weight:bold;font-size:13px}
            pre{background:#f6f6f6;padding:.8em;white-space:pre-wrap}table{border-collapse:collapse}
            td,th{border:1px solid #ccc;padding:.4em .6em;vertical-align:top;text-align:left;white-space:pre-wrap}
            """;

    private Html() {}

    /** Everything to the heading, which is the title. */
    static String head(String title) {
        return "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>" + text(title)
                + "</title><style>" + STYLE + "</style></head><body><h1>" + text(title) + "</h1>";
    }

    /** Text that means nothing to a browser. */
    static String text(String plain) {
        return plain.replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace(">", "&gt;")
                .replace("\"", "&quot;");
    }
}
