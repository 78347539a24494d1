package io.raftkv.cli.shell;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class WordsTest {
    @Test
    void splitsAtBlanks() {
        assertThat(texts("  PUT\thello   world \r")).containsExactly("PUT", "hello", "world");
        assertThat(texts("")).isEmpty();
        assertThat(texts("   ")).isEmpty();
    }

    @Test
    void keepsWordsTogetherInQuotes() {
        assertThat(texts("PUT 'a b' \"c d\" \"\"")).containsExactly("PUT", "a b", "c d", "");
    }

    @Test
    void readsEscapesInDoubleQuotes() {
        assertThat(texts("\"a\\n\\t\\\"\\\\\\q\"")).containsExactly("a\n\t\"\\q");
        assertThat(Words.split(bytes("\"\\x00\\xff\\xzz\"")).get(0)).containsExactly(0, 255, 'x', 'z', 'z');
    }

    @Test
    void readsOnlyTheQuoteInSingleQuotes() {
        assertThat(texts("'it\\'s \\n'")).containsExactly("it's \\n");
    }

    @Test
    void takesQuotesWithinAWordAsTheyAre() {
        assertThat(texts("PUT k it's 5\"")).containsExactly("PUT", "k", "it's", "5\"");
    }

    @Test
    void keepsOtherAlphabets() {
        assertThat(texts("PUT 键 \"值 值\"")).containsExactly("PUT", "键", "值 值");
    }

    @Test
    void refusesQuotesThatDoNotFit() {
        assertThatThrownBy(() -> texts("PUT \"a")).isInstanceOf(Words.UnclosedQuote.class);
        assertThatThrownBy(() -> texts("PUT 'a")).isInstanceOf(Words.UnclosedQuote.class);
        assertThatThrownBy(() -> texts("PUT \"a\"b")).hasMessageContaining("blank");
    }

    @Test
    void readsBackWhatIsShownInQuotes() {
        byte[] all = new byte[256];
        for (int i = 0; i < all.length; i++) {
            all[i] = (byte) i;
        }
        assertThat(Words.split(bytes(ReplyText.quoted(all))).get(0)).isEqualTo(all);
        assertThat(texts(ReplyText.quoted(bytes("值\n\"\\\t'")))).containsExactly("值\n\"\\\t'");
    }

    private static List<String> texts(String line) {
        return Words.split(bytes(line)).stream()
                .map(word -> new String(word, StandardCharsets.UTF_8))
                .toList();
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
