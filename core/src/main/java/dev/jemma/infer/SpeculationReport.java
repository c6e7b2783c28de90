package dev.jemma.infer;

/**
 * What guessing ahead brought a request.
 *
 * @param passes passes of the model that decoded its tokens, all its continuations together; 0 without speculation
 * @param proposed tokens guessed
 * @param accepted guessed tokens that the model chose itself
 */
public record SpeculationReport(long passes, long proposed, long accepted) {
    /** Before anything happened. */
    public static final SpeculationReport NONE = new SpeculationReport(0, 0, 0);

    /** Share of the guesses that were right, from 0 to 1. */
    public double acceptance() {
        return proposed == 0 ? 0 : (double) accepted / proposed;
    }

    SpeculationReport pass(int guessed) {
        return new SpeculationReport(passes + 1, proposed + guessed, accepted);
    }

    SpeculationReport accept() {
        return new SpeculationReport(passes, proposed, accepted + 1);
    }
}
