package dev.jemma.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.jemma.kernel.x86.CodeSpace;
import dev.jemma.kernel.x86.CpuFeatures;
import dev.jemma.kernel.x86.EmitException;
import dev.jemma.kernel.x86.Isa;
import dev.jemma.memory.Pages;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Isolated;

@Isolated("changes system properties")
class KernelProvidersTest {
    private static final int PERMISSION_DENIED = 13;

    @AfterEach
    void clear() {
        System.clearProperty(KernelProviders.PROPERTY);
        System.clearProperty(CodeSpace.PROPERTY);
    }

    private static boolean canEmit() {
        return !TestData.emittedKernels().isEmpty();
    }

    /** What a fresh JVM with these flags prints, its log included. */
    private static List<String> choiceUnder(String... flags) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of(flags));
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), KernelChoice.class.getName()));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(output).isZero();
        return output.lines()
                .filter(line -> !line.contains("incubator modules"))
                .toList();
    }

    @Test
    void emittedCodeIsChosenWhereItRuns() {
        assumeTrue(canEmit());
        assertThat(KernelProviders.choose().name())
                .isEqualTo(TestData.emittedKernels().getFirst().name());
    }

    @Test
    void emittedCodeNeedsNoModule() throws Exception {
        assumeTrue(canEmit());
        assertThat(choiceUnder("--enable-native-access=ALL-UNNAMED"))
                .containsExactly(TestData.emittedKernels().getFirst().name() + ": right");
    }

    @Test
    void aPolicyForbidsEmittedCodeWithoutAWord() throws Exception {
        assertThat(choiceUnder("--add-modules=jdk.incubator.vector", "-Djemma.emit=off"))
                .singleElement()
                .asString()
                .startsWith("vector-")
                .endsWith(": right");
    }

    @Test
    void deniedNativeAccessIsToldInOneLineThatNamesTheSetting() throws Exception {
        assumeTrue(canEmit());
        List<String> lines = choiceUnder("--illegal-native-access=deny", "--add-modules=jdk.incubator.vector");
        assertThat(lines).last().asString().startsWith("vector-").endsWith(": right");
        assertThat(lines)
                .filteredOn(line -> line.contains("WARNING"))
                .singleElement()
                .satisfies(line -> assertThat(line).contains("slower", "vector", "--enable-native-access=ALL-UNNAMED"));
    }

    @Test
    void withoutEmittedCodeAndVectorsOneLineNamesTheModule() throws Exception {
        List<String> lines = choiceUnder("-Djemma.emit=off");
        assertThat(lines).last().isEqualTo("scalar: right");
        assertThat(lines)
                .filteredOn(line -> line.contains("WARNING"))
                .singleElement()
                .satisfies(line -> assertThat(line).contains("--add-modules=jdk.incubator.vector"));
    }

    @Test
    void aProcessorWithoutAvx2HasNoEmittedKernels() {
        assertThatThrownBy(() -> EmittedKernels.best(new CpuFeatures(false, false, false), Optional.empty()))
                .isInstanceOf(EmitException.class)
                .hasMessageContaining("AVX2");
        assertThat(EmittedKernels.best(new CpuFeatures(true, false, false), Optional.empty()))
                .isEqualTo(Isa.AVX2);
        assertThat(EmittedKernels.best(new CpuFeatures(true, true, true), Optional.empty()))
                .isEqualTo(Isa.AVX512_VNNI);
    }

    /** The system's pages, but none ever becomes executable in the ways that are refused. */
    private record Refusing(Pages pages, boolean secondWayToo) implements Pages {
        @Override
        public long map(long bytes, int protection, int file) {
            boolean refused = (protection & EXECUTE) != 0 && secondWayToo;
            return refused ? -PERMISSION_DENIED : pages.map(bytes, protection, file);
        }

        @Override
        public int protect(long address, long bytes, int protection) {
            return -PERMISSION_DENIED;
        }

        @Override
        public int adviseHuge(long address, long bytes) {
            return pages.adviseHuge(address, bytes);
        }

        @Override
        public int unmap(long address, long bytes) {
            return pages.unmap(address, bytes);
        }

        @Override
        public int file(long bytes) {
            return pages.file(bytes);
        }

        @Override
        public int close(int file) {
            return pages.close(file);
        }
    }

    @Test
    void whereProtectionCannotChangeASecondMappingIsExecuted() {
        assumeTrue(canEmit());
        CodeSpace space = CodeSpace.over(new Refusing(Pages.system(), false));
        Isa isa = EmittedKernels.best(CpuFeatures.detect(space), Optional.empty());
        assertThat(EmittedKernels.checked(isa, space).name()).isEqualTo(isa.title());
    }

    @Test
    void whereNoPageCanBeExecutedTheReasonNamesBothWays() {
        assumeTrue(canEmit());
        CodeSpace space = CodeSpace.over(new Refusing(Pages.system(), true));
        assertThatThrownBy(() -> CpuFeatures.detect(space))
                .isInstanceOfSatisfying(
                        EmitException.class, e -> assertThat(e.mendable()).isTrue())
                .hasMessageContaining("mprotect gave error 13")
                .hasMessageContaining("memfd error 13");
        Kernels slower = KernelProviders.slower("no page can be executed");
        assertThat(slower.name()).isEqualTo("vector-" + 32 * VectorMath.L);
        assertThat(SelfCheck.firstDifference(slower)).isEmpty();
    }

    @Test
    void thePropertyPicksAProviderByName() {
        for (Kernels emitted : TestData.emittedKernels()) {
            System.setProperty(KernelProviders.PROPERTY, emitted.name());
            assertThat(KernelProviders.choose().name()).isEqualTo(emitted.name());
        }
        System.setProperty(KernelProviders.PROPERTY, "scalar");
        assertThat(KernelProviders.choose().name()).isEqualTo("scalar");
        System.setProperty(KernelProviders.PROPERTY, "vector");
        assertThat(KernelProviders.choose().name()).startsWith("vector-");
    }

    @Test
    void whatIsWantedButForbiddenIsAnErrorThatSaysWhy() {
        System.setProperty(KernelProviders.PROPERTY, "x86");
        System.setProperty(CodeSpace.PROPERTY, "off");
        assertThatThrownBy(KernelProviders::choose)
                .isInstanceOf(dev.jemma.JemmaException.class)
                .hasMessageContaining("-Djemma.emit=off");
    }

    @Test
    void theSelfCheckNamesWhatIsWrong() {
        assertThat(SelfCheck.firstDifference(new WrongSums())).contains("add");
        assertThat(SelfCheck.firstDifference(new ScalarKernels())).isEmpty();
    }

    @Test
    void aNameThatIsNoProviderIsNamedInTheError() {
        System.setProperty(KernelProviders.PROPERTY, "abacus");
        assertThatThrownBy(KernelProviders::choose)
                .isInstanceOf(dev.jemma.JemmaException.class)
                .hasMessageContaining("abacus")
                .hasMessageContaining("scalar, vector or x86");
    }
}
