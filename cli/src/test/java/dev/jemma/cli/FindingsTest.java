package dev.jemma.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.jemma.machine.HugePages;
import dev.jemma.machine.Machine;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FindingsTest {
    @TempDir
    Path store;

    private List<Findings.Finding> findings(HugePages hugePages, Optional<String> ordinaryPages) {
        Machine here = Machine.detect();
        Machine machine = new Machine(
                here.os(),
                here.arch(),
                here.cpu(),
                here.threads(),
                here.memory(),
                here.availableMemory(),
                hugePages,
                here.governor());
        return Findings.of(
                        machine, "x86-avx2", Optional.empty(), OptionalInt.empty(), ordinaryPages, "mixed mode", store)
                .stream()
                .filter(finding ->
                        finding.what().toLowerCase(java.util.Locale.ROOT).contains("huge pages"))
                .toList();
    }

    @Test
    void ordinaryPagesAreToldOnceWithTheirReason() {
        assertThat(findings(HugePages.ON_REQUEST, Optional.of("madvise gave error 1; allow it")))
                .singleElement()
                .satisfies(
                        finding -> assertThat(finding.remedy()).isEqualTo("Reason: madvise gave error 1; allow it."));
    }

    @Test
    void whereHugePagesAreSwitchedOffTheSettingIsNamed() {
        assertThat(findings(HugePages.NEVER, Optional.of("the system gave ordinary pages")))
                .singleElement()
                .satisfies(finding -> assertThat(finding.remedy()).contains("echo madvise"));
    }

    @Test
    void nothingIsSaidWhereWeightsLieOnHugePages() {
        assertThat(findings(HugePages.ON_REQUEST, Optional.empty())).isEmpty();
    }
}
