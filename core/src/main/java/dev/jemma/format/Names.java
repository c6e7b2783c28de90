package dev.jemma.format;

/** How names that come from a file are shown in messages: short, and without characters that steer a terminal. */
public final class Names {
    private static final int SHOWN_CHARACTERS = 80;

    private Names() {}

    /** The name, cut to 80 characters, with a replacement character for what cannot be seen. */
    public static String shown(String name) {
        String head = name.length() <= SHOWN_CHARACTERS ? name : name.substring(0, SHOWN_CHARACTERS) + "…";
        StringBuilder clean = new StringBuilder(head.length());
        head.codePoints().forEach(c -> clean.appendCodePoint(isPlain(c) ? c : '\uFFFD'));
        return clean.toString();
    }

    private static boolean isPlain(int c) {
        return !Character.isISOControl(c)
                && Character.isDefined(c)
                && Character.getType(c) != Character.FORMAT
                && Character.getType(c) != Character.SURROGATE;
    }
}
