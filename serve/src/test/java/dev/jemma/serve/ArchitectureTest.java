package dev.jemma.serve;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.library.GeneralCodingRules;
import org.junit.jupiter.api.Test;

/** Protocol, transport and the rest stay apart, and the server uses core and its own libraries only. */
class ArchitectureTest {
    private static final JavaClasses SERVE = new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .withImportOption(location -> location.contains("/serve/"))
            .importPackages("dev.jemma.serve");

    @Test
    void theProtocolKnowsNoSocketsAndTheTransportNoModels() {
        noClasses()
                .that()
                .resideInAPackage("dev.jemma.serve.protocol")
                .should()
                .dependOnClassesThat(resideInAnyPackage(
                        "dev.jemma.serve",
                        "dev.jemma.serve.tools",
                        "dev.jemma.serve.transport",
                        "io.helidon..",
                        "java.net.."))
                .check(SERVE);
        noClasses()
                .that()
                .resideInAPackage("dev.jemma.serve.tools")
                .should()
                .dependOnClassesThat(resideInAnyPackage(
                        "dev.jemma.serve", "dev.jemma.serve.transport", "io.helidon..", "java.net.."))
                .check(SERVE);
        noClasses()
                .that()
                .resideInAPackage("dev.jemma.serve.transport")
                .should()
                .dependOnClassesThat(resideInAnyPackage(
                        "dev.jemma.infer..", "dev.jemma.model..", "dev.jemma.chat..", "dev.jemma.tokenizer.."))
                .check(SERVE);
    }

    @Test
    void theServerUsesCoreAndItsOwnLibraries() {
        classes()
                .should()
                .onlyDependOnClassesThat(resideInAnyPackage(
                        "dev.jemma",
                        "dev.jemma.serve..",
                        "dev.jemma.format",
                        "dev.jemma.infer",
                        "dev.jemma.infer.constraint",
                        "dev.jemma.model",
                        "dev.jemma.chat",
                        "dev.jemma.tokenizer",
                        "java..",
                        "org.jspecify.annotations",
                        "tools.jackson..",
                        "io.helidon..",
                        "io.prometheus.."))
                .check(SERVE);
    }

    @Test
    void theServerLeavesStandardOutputAndErrorToItsUsers() {
        GeneralCodingRules.NO_CLASSES_SHOULD_ACCESS_STANDARD_STREAMS.check(SERVE);
    }
}
