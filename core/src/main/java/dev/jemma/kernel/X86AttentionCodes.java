package dev.jemma.kernel;

import dev.jemma.kernel.x86.AttentionCode;
import dev.jemma.kernel.x86.AttentionCode.Form;
import dev.jemma.kernel.x86.Code;
import dev.jemma.kernel.x86.CodeSpace;
import dev.jemma.kernel.x86.Isa;

/**
 * The code for scores and for weights times values, for keys and values of one form, by size of group: arrays are in the
 * order of {@link #groups}.
 */
final class X86AttentionCodes {
    final Form form;
    /** Items of a group, descending to 1. */
    final int[] groups;

    final Code[] scores;
    final Code[] values;
    /** Blocks of keys that the scores of a group take together, features that its values do. */
    final int[] blocksTogether;

    final int[] featuresTogether;
    /** Whether all scores take the blocks of a tile at once. */
    final boolean wholeTiles;

    X86AttentionCodes(Isa isa, CodeSpace space, Form form) {
        this.form = form;
        groups = AttentionCode.groupSizes(isa, form);
        scores = new Code[groups.length];
        values = new Code[groups.length];
        blocksTogether = new int[groups.length];
        featuresTogether = new int[groups.length];
        boolean whole = true;
        for (int g = 0; g < groups.length; g++) {
            blocksTogether[g] = AttentionCode.blocksTogether(isa, form, groups[g]);
            featuresTogether[g] = AttentionCode.featuresTogether(isa, groups[g]);
            whole &= blocksTogether[g] == AttentionCode.BLOCKS;
            scores[g] = space.load(AttentionCode.scores(isa, form, groups[g]));
            values[g] = space.load(AttentionCode.values(isa, form, groups[g], featuresTogether[g]));
        }
        wholeTiles = whole;
    }
}
