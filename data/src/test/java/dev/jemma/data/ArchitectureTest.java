package dev.jemma.data;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.library.GeneralCodingRules;
import dev.jemma.JemmaException;
import org.junit.jupiter.api.Test;

/** What this module may use: of core the doors to tokens only, no network, no standard streams. */
class ArchitectureTest {
    private static final JavaClasses DATA = new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .withImportOption(location -> location.contains("/data/"))
            .importPackages("dev.jemma.data");

    @Test
    void dataUsesTheTokenizerTheTemplatesAndItsReadersLibraries() {
        classes()
                .should()
                .onlyDependOnClassesThat(resideInAnyPackage(
                        "dev.jemma",
                        "dev.jemma.data",
                        "dev.jemma.chat",
                        "dev.jemma.tokenizer",
                        "java..",
                        "org.jspecify.annotations",
                        "tools.jackson..",
                        "org.snakeyaml.engine..",
                        "dev.hardwood..",
                        "com.github.luben.zstd.."))
                .check(DATA);
    }

    @Test
    void dataHasNoUseForTheNetworkOrProcesses() {
        noClasses()
                .should()
                .dependOnClassesThat(resideInAnyPackage("java.net..", "javax.net.."))
                .orShould()
                .dependOnClassesThat()
                .haveSimpleName("ProcessBuilder")
                .check(DATA);
    }

    @Test
    void dataLeavesStandardOutputAndErrorToItsUsers() {
        GeneralCodingRules.NO_CLASSES_SHOULD_ACCESS_STANDARD_STREAMS.check(DATA);
    }

    @Test
    void everyExceptionIsAJemmaException() {
        classes()
                .that()
                .areAssignableTo(Throwable.class)
                .should()
                .beAssignableTo(JemmaException.class)
                .check(DATA);
    }
}
