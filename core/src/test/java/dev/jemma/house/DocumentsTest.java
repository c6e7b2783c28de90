package dev.jemma.house;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The documents speak of files, classes, methods and headings that are there. */
class DocumentsTest {
    private static final Pattern LINK = Pattern.compile("\\[([^\\[\\]\\n]+)]\\(([^)\\s]+)\\)");
    private static final Pattern FENCE = Pattern.compile("(?ms)^```.*?^```$");
    private static final Pattern METHOD = Pattern.compile("([A-Z]\\w*)\\.([a-z]\\w*)");

    /** A link of a document. */
    private record Link(Path document, String text, String target) {
        @Override
        public String toString() {
            return document + ": [" + text + "](" + target + ")";
        }
    }

    private static List<Link> links(Path document) {
        List<Link> links = new ArrayList<>();
        String text = FENCE.matcher(Repository.text(document).orElseThrow()).replaceAll("");
        LINK.matcher(text).results().forEach(m -> links.add(new Link(document, m.group(1), m.group(2))));
        return links;
    }

    private static List<Link> ownLinks() {
        return Repository.files(".md").stream()
                .flatMap(document -> links(document).stream())
                .filter(link -> !link.target().matches("[a-z]+:.*"))
                .toList();
    }

    private static Path file(Link link) {
        Path document = Repository.root().resolve(link.document());
        String path = link.target().replaceFirst("#.*", "");
        return path.isEmpty() ? document : document.resolveSibling(path).normalize();
    }

    /** What is wrong with a link; nothing if it holds. */
    private static List<String> faults(Link link) {
        List<String> faults = new ArrayList<>();
        Path file = file(link);
        if (!file.startsWith(Repository.root()) || !Files.exists(file)) {
            faults.add(link + ": no such file in the repository");
            return faults;
        }
        String name = file.getFileName().toString();
        Path relative = Repository.root().relativize(file);
        if (link.target().contains("#")) {
            String anchor = link.target().replaceFirst(".*#", "");
            if (!anchors(relative).contains(anchor)) {
                faults.add(link + ": no such heading");
            }
        }
        Matcher method = METHOD.matcher(link.text());
        if (name.endsWith(".java") && method.matches()) {
            String source = Repository.text(relative).orElseThrow();
            // declared: the name follows a type, and parameters follow the name
            Pattern declared = Pattern.compile("(?m)^ {4,8}[\\w<>\\[\\], .]*[\\w>\\]] " + method.group(2) + "\\(");
            if (!declared.matcher(source).find()) {
                faults.add(link + ": no such method");
            }
            if (!name.equals(method.group(1) + ".java")) {
                faults.add(link + ": another class");
            }
        } else if (name.endsWith(".java") && !name.equals(link.text() + ".java")) {
            faults.add(link + ": another class");
        }
        return faults;
    }

    private static List<String> anchors(Path document) {
        List<String> anchors = new ArrayList<>();
        Pattern.compile("(?m)^#+ (.*)$")
                .matcher(Repository.text(document).orElseThrow())
                .results()
                .forEach(heading -> anchors.add(heading.group(1)
                        .toLowerCase(Locale.ROOT)
                        .replaceAll("[^\\w\\- ]", "")
                        .replace(' ', '-')));
        return anchors;
    }

    @Test
    void everyLinkLeadsToAFileAClassAndAMethodThatAreThere() {
        List<Link> links = ownLinks();
        assertThat(links).hasSizeGreaterThan(50);
        assertThat(links.stream().flatMap(link -> faults(link).stream())).isEmpty();
    }

    @Test
    void theTourStopsAtEveryRoomOfTheWalk() {
        List<Link> tour = links(Path.of("docs", "tour.md"));
        for (String room : List.of("cli", "tokenizer", "infer", "model", "kernel", "format", "chat")) {
            assertThat(tour).as(room).anyMatch(link -> link.target().contains("/dev/jemma/" + room + "/"));
        }
        assertThat(tour)
                .filteredOn(link -> METHOD.matcher(link.text()).matches())
                .hasSizeGreaterThan(20);
    }

    @Test
    void aWrongLinkIsRecognized() {
        Path tour = Path.of("docs", "tour.md");
        String engine = "../core/src/main/java/dev/jemma/infer/Engine.java";
        assertThat(faults(new Link(tour, "Engine.submit", engine))).isEmpty();
        assertThat(faults(new Link(tour, "Engine.fly", engine))).hasSize(1);
        assertThat(faults(new Link(tour, "Motor", engine))).hasSize(1);
        assertThat(faults(new Link(tour, "Motor.submit", engine))).hasSize(1);
        assertThat(faults(new Link(tour, "x", "../no/such/file"))).hasSize(1);
        assertThat(faults(new Link(tour, "x", "../../outside"))).hasSize(1);
        assertThat(faults(new Link(tour, "x", "#no-such-heading"))).hasSize(1);
        assertThat(faults(new Link(tour, "x", "#2-loading"))).isEmpty();
    }

    @Test
    void theTableOfRoomsIsTheOneThatIsTested() {
        String page = Repository.text(Path.of("docs", "architecture.md")).orElseThrow();
        ArchitectureTest.DOORS.forEach((name, doors) -> {
            String uses = doors.isEmpty()
                    ? "–"
                    : String.join(", ", doors.stream().sorted().toList());
            assertThat(page).containsPattern("(?m)^\\| `" + name + "` \\| [^|]+ \\| " + uses + " \\|$");
        });
    }

    @Test
    void everyDecisionThatSourcesCiteIsListed() {
        String page = Repository.text(Path.of("docs", "architecture.md")).orElseThrow();
        Pattern cited = Pattern.compile("DESIGN 5\\.(\\d+)");
        int count = 0;
        for (Path source : Repository.files(".java")) {
            Matcher matcher = cited.matcher(Repository.text(source).orElseThrow());
            while (matcher.find()) {
                assertThat(page)
                        .as("%s cites %s", source, matcher.group())
                        .containsPattern("(?m)^" + matcher.group(1) + "\\. \\*\\*");
                count++;
            }
        }
        assertThat(count).isPositive();
    }
}
