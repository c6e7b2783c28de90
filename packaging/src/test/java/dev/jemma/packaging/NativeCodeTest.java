package dev.jemma.packaging;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The build rule that no run-time jar carries native code but those named here. What counts is the name of an entry or its
 * first bytes, so that a library under another name is found, too, also in a jar inside a jar.
 */
class NativeCodeTest {
    /** Jars that may, by the name of their artifact, and why. */
    private static final Map<String, String> ALLOWED = Map.of(
            "zstd-jni", "Parquet files compressed with Zstandard, which Java cannot read by itself; read by data only",
            "snappy-java", "Parquet files compressed with Snappy; read by data only",
            "jline", "terminals, where Java's foreign functions are not to be had");

    private static final Pattern NAME = Pattern.compile("(?i).*\\.(so(\\.\\d+)*|dll|dylib|jnilib|a|o|exe|node|sys)$");

    private static final int HEAD_BYTES = 8;

    /** Entries of a jar that are native code. */
    private static List<String> nativeCode(Path jar) throws IOException {
        List<String> found = new ArrayList<>();
        try (ZipInputStream in = new ZipInputStream(Files.newInputStream(jar))) {
            scan(in, "", found);
        }
        return found;
    }

    private static void scan(ZipInputStream in, String outer, List<String> found) throws IOException {
        for (ZipEntry entry = in.getNextEntry(); entry != null; entry = in.getNextEntry()) {
            if (entry.isDirectory()) {
                continue;
            }
            String name = outer + entry.getName();
            if (name.endsWith(".jar")) {
                scan(new ZipInputStream(in), name + "!/", found); // never closed: it would close the outer one
            } else if (NAME.matcher(name).matches() || isNative(in.readNBytes(HEAD_BYTES))) {
                found.add(name);
            }
        }
    }

    private static boolean isNative(byte[] head) {
        if (head.length < HEAD_BYTES) {
            return false;
        }
        int magic = (head[0] & 0xFF) << 24 | (head[1] & 0xFF) << 16 | (head[2] & 0xFF) << 8 | head[3] & 0xFF;
        boolean elf = magic == 0x7F454C46;
        boolean mach = magic == 0xFEEDFACE || magic == 0xFEEDFACF || magic == 0xCEFAEDFE || magic == 0xCFFAEDFE;
        boolean windows = magic >>> 16 == 0x4D5A && head[2] != 0 && head[3] == 0; // MZ, then a count of bytes
        boolean archive = new String(head, java.nio.charset.StandardCharsets.ISO_8859_1).equals("!<arch>\n");
        return elf || mach || windows || archive; // 0xCAFEBABE is a class as well as a fat Mach-O: its name tells
    }

    /** Name of an artifact in the name of its jar. */
    private static String artifact(Path jar) {
        return jar.getFileName().toString().replaceFirst("-\\d[^/]*\\.jar$", "");
    }

    private static List<Path> jars() {
        List<Path> jars = new ArrayList<>();
        for (String entry : System.getProperty("java.class.path").split(Pattern.quote(File.pathSeparator))) {
            if (entry.endsWith(".jar")) {
                jars.add(Path.of(entry));
            }
        }
        return jars;
    }

    @Test
    void noRunTimeJarCarriesNativeCodeButThoseThatAreNamed() throws IOException {
        TreeSet<String> guilty = new TreeSet<>();
        for (Path jar : jars()) {
            List<String> found = nativeCode(jar);
            if (!found.isEmpty() && !ALLOWED.containsKey(artifact(jar))) {
                guilty.add(jar.getFileName() + ": " + found);
            }
        }
        assertThat(guilty).isEmpty();
    }

    @Test
    void theClassPathIsThatOfEverythingThatIsShipped() {
        assertThat(jars().stream().map(NativeCodeTest::artifact))
                .contains("helidon-webserver", "langchain4j-core", "spring-ai-model", "spring-boot", "hardwood-core")
                .contains(ALLOWED.keySet().toArray(String[]::new));
    }

    @Test
    void thoseThatAreNamedDoCarryNativeCodeSoThatTheListDoesNotOutliveThem() throws IOException {
        for (Path jar : jars()) {
            if (ALLOWED.containsKey(artifact(jar))) {
                assertThat(nativeCode(jar)).as("%s", jar).isNotEmpty();
            }
        }
    }

    private static Path jar(Path folder, String entry, byte[] content) throws IOException {
        Path jar = folder.resolve("some-library-1.2.jar");
        try (ZipOutputStream out = new ZipOutputStream(Files.newOutputStream(jar))) {
            out.putNextEntry(new ZipEntry("META-INF/"));
            out.putNextEntry(new ZipEntry(entry));
            out.write(content);
        }
        return jar;
    }

    @Test
    void nativeCodeIsCaughtByItsNameByItsContentAndInsideAnotherJar(@TempDir Path folder) throws IOException {
        byte[] text = "plain text".getBytes(java.nio.charset.StandardCharsets.UTF_8);
        for (String name : List.of("lib/libx.so", "libx.so.1", "x.dll", "x.dylib", "x.jnilib", "x.a", "X.DLL")) {
            assertThat(nativeCode(jar(folder, name, text))).containsExactly(name);
        }
        byte[] elf = {0x7F, 'E', 'L', 'F', 2, 1, 1, 0, 0};
        byte[] mach = {(byte) 0xCF, (byte) 0xFA, (byte) 0xED, (byte) 0xFE, 7, 0, 0, 1};
        byte[] windows = {'M', 'Z', (byte) 0x90, 0, 3, 0, 0, 0};
        byte[] archive = "!<arch>\nx".getBytes(java.nio.charset.StandardCharsets.UTF_8);
        for (byte[] content : List.of(elf, mach, windows, archive)) {
            assertThat(nativeCode(jar(folder, "data.bin", content))).containsExactly("data.bin");
        }
        byte[] inner = Files.readAllBytes(jar(folder, "data.bin", elf));
        assertThat(nativeCode(jar(folder, "inner.jar", inner))).containsExactly("inner.jar!/data.bin");
        assertThat(nativeCode(jar(folder, "readme.txt", text))).isEmpty();
        assertThat(artifact(Path.of("lib", "some-library-1.2.jar"))).isEqualTo("some-library");
    }
}
