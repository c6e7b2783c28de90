package dev.jemma.eval.metric;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** Values that CPython 3.11 prints. */
class PythonTextTest {
    @Test
    void whiteSpaceIsWhatPythonTakesForIt() {
        assertThat(PythonText.strip("suggests that\u0085")).isEqualTo("suggests that");
        assertThat(PythonText.strip("\u00a0\u001f\u202f a\u00a0b \u3000\n")).isEqualTo("a\u00a0b");
        assertThat(PythonText.strip("\u200b\u180e")).as("no white space").isEqualTo("\u200b\u180e");
        assertThat(PythonText.strip(" \t")).isEmpty();
        StringBuilder spaces = new StringBuilder();
        for (char c = 0; c < 0xffff; c++) {
            if (PythonText.isSpace(c)) {
                spaces.append(String.format("%x ", (int) c));
            }
        }
        assertThat(spaces.toString())
                .isEqualTo("9 a b c d 1c 1d 1e 1f 20 85 a0 1680 2000 2001 2002 2003 2004 2005 2006 2007 2008 2009 200a"
                        + " 2028 2029 202f 205f 3000 ");
    }

    @Test
    void theFirstLetterIsATitleLetterAndTheRestIsSmall() {
        assertThat(PythonText.capitalize("éTÉ und")).isEqualTo("Été und");
        assertThat(PythonText.capitalize("ßtraße")).isEqualTo("Sstraße");
        assertThat(PythonText.capitalize("ǆ x")).isEqualTo("ǅ x");
        assertThat(PythonText.capitalize("ﬁx")).isEqualTo("Fix");
        assertThat(PythonText.capitalize("")).isEmpty();
    }
}
