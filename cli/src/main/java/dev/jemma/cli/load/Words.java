package dev.jemma.cli.load;

import java.util.SplittableRandom;

/** Prompts of frequent English words in random order: most are one token each in Gemma's vocabularies. */
final class Words {
    private static final String[] WORDS = """
            the of and to a in that is was he for it with as his on be at by this had not are but from or have an they \
            which one you were all her she there would their we him been has when who will no more if out so up said \
            what its about than into them can only other time new some could these two may first then do any like my \
            now over such our man me even most made after also well did many before must years back through much where \
            your way down should because long each just state those people too little good world still very house \
            water men great both own work right day between life being under three never know last while might us \
            old year off come since against go came used take place part high school hand small number always until \
            night head set left young system money order end far public given white book word river city garden \
            letter window table music summer winter morning evening paper light ground answer question story early \
            village mother father brother sister friend teacher doctor market street bridge mountain forest ship \
            road field horse bird tree stone glass bread fire wind rain snow cloud spring island ocean color sound\
            """.split(" ");

    private Words() {}

    static String prompt(SplittableRandom random, int words) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < words; i++) {
            text.append(i == 0 ? "" : " ").append(WORDS[random.nextInt(WORDS.length)]);
        }
        return text.toString();
    }
}
