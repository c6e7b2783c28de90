package dev.jemma.machine;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Whether the system gives 2 MiB pages to those who ask: reading weights through them is much faster. */
public enum HugePages {
    /** Given to everybody. */
    ALWAYS,
    /** Given to those who ask by madvise. */
    ON_REQUEST,
    /** Never given. */
    NEVER,
    /** The system does not tell. */
    UNKNOWN;

    private static final Pattern CHOSEN = Pattern.compile("\\[(\\w+)]");

    /** The text of /sys/kernel/mm/transparent_hugepage/enabled, such as {@code always [madvise] never}. */
    static HugePages parse(String enabled) {
        Matcher matcher = CHOSEN.matcher(enabled);
        if (!matcher.find()) {
            return UNKNOWN;
        }
        return switch (matcher.group(1)) {
            case "always" -> ALWAYS;
            case "madvise" -> ON_REQUEST;
            case "never" -> NEVER;
            default -> UNKNOWN;
        };
    }
}
