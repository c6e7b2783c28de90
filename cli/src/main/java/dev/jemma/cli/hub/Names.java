package dev.jemma.cli.hub;

import dev.jemma.JemmaException;
import java.nio.file.Path;
import java.util.regex.Pattern;

/** Names that come from a catalogue, an index, an archive or a command line, checked so that none leaves its folder. */
final class Names {
    private static final Pattern MODEL = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._@+-]{0,180}");
    private static final Pattern SEGMENT = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9._@+=-]{0,200}");
    private static final Pattern DEVICE = Pattern.compile("(?i)(con|prn|aux|nul|com\\d|lpt\\d)(\\..*)?");

    private Names() {}

    /** A model's name in the store: one plain segment. */
    static String model(String name, String where) {
        if (!MODEL.matcher(name).matches() || unsafe(name)) {
            throw new JemmaException(
                    "'" + shown(name) + "' in " + where
                            + " cannot be a model's name: letters, digits and . _ - @ + are allowed, beginning with a letter or digit");
        }
        return name;
    }

    /** A file's name, which may lie in sub-folders, with forward slashes. */
    static String file(String name, String where) {
        String[] segments = name.split("/", -1);
        boolean fine = segments.length <= 8;
        for (String segment : segments) {
            fine = fine && SEGMENT.matcher(segment).matches() && !unsafe(segment);
        }
        if (!fine) {
            throw new JemmaException("'" + shown(name) + "' in " + where
                    + " cannot be a file's name: it must be a plain relative path, without .. and odd characters");
        }
        return name;
    }

    /** The path of a checked file under its folder. */
    static Path inside(Path folder, String name, String where) {
        Path base = folder.toAbsolutePath().normalize();
        Path path = base.resolve(file(name, where)).normalize();
        if (!path.startsWith(base) || path.equals(base)) {
            throw new JemmaException("'" + shown(name) + "' in " + where + " would leave its folder");
        }
        return path;
    }

    private static boolean unsafe(String segment) {
        return segment.endsWith(".") || DEVICE.matcher(segment).matches();
    }

    private static String shown(String name) {
        String plain = name.replaceAll("[^\\x20-\\x7e]", "?");
        return plain.length() > 80 ? plain.substring(0, 80) + "…" : plain;
    }
}
