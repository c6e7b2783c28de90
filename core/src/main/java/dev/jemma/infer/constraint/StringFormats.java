package dev.jemma.infer.constraint;

import java.util.Map;
import java.util.Optional;

/** The formats of strings that are generated, as patterns: narrower than the standards where that keeps them simple. */
final class StringFormats {
    private static final String DATE = "[1-9]\\d{3}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12]\\d|3[01])"
            + "|(?:0[469]|11)-(?:0[1-9]|[12]\\d|30)|02-(?:0[1-9]|1\\d|2[0-8]))";
    private static final String TIME =
            "(?:[01]\\d|2[0-3]):[0-5]\\d:[0-5]\\d(?:\\.\\d{1,9})?(?:Z|[+-](?:0\\d|1[0-4]):[0-5]\\d)";
    private static final String LABEL = "[a-z0-9]{1,20}(?:-[a-z0-9]{1,20}){0,2}";
    private static final String HOST = LABEL + "(?:\\." + LABEL + "){0,3}";
    private static final String DOMAIN = "(?:" + LABEL + "\\.){1,3}(?:com|org|net|edu|gov|info|io|de|fr|uk|eu)";
    /** At most 64 characters, as RFC 5321 has it. */
    private static final String MAILBOX = "[A-Za-z0-9_+-]{1,30}(?:\\.[A-Za-z0-9_+-]{1,16}){0,2}";

    private static final String BYTE = "(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)";
    private static final String PATH = "(?:/[A-Za-z0-9._~-]{0,64}){0,16}";
    private static final String QUERY = "(?:\\?[A-Za-z0-9._~=&-]{0,128})?(?:#[A-Za-z0-9._~-]{0,64})?";

    private static final Map<String, String> PATTERNS = Map.ofEntries(
            Map.entry("date-time", DATE + "T" + TIME),
            Map.entry("date", DATE),
            Map.entry("time", TIME),
            Map.entry("duration", "P(?:\\d{1,4}W|\\d{1,4}D(?:T\\d{1,2}H)?|T\\d{1,4}[HMS]|\\d{1,4}Y(?:\\d{1,2}M)?)"),
            Map.entry("email", MAILBOX + "@" + DOMAIN),
            Map.entry("hostname", HOST),
            Map.entry("ipv4", BYTE + "(?:\\." + BYTE + "){3}"),
            Map.entry("ipv6", "[0-9a-f]{1,4}(?::[0-9a-f]{1,4}){7}"),
            Map.entry("uri", "(?:https?|ftp)://" + DOMAIN + "(?::[1-9]\\d{0,3})?" + PATH + QUERY),
            Map.entry(
                    "uri-reference",
                    "(?:(?:https?|ftp)://" + DOMAIN + "(?::[1-9]\\d{0,3})?|[A-Za-z0-9._~-]{1,64})" + PATH + QUERY),
            Map.entry("uuid", "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"));

    private StringFormats() {}

    static Optional<String> pattern(String format) {
        return Optional.ofNullable(PATTERNS.get(format));
    }
}
