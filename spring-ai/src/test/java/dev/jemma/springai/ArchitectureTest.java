package dev.jemma.springai;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.library.GeneralCodingRules;
import org.junit.jupiter.api.Test;

/** The adapter uses the front rooms of core and its framework, and nothing else. */
class ArchitectureTest {
    private static final JavaClasses OWN = new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .withImportOption(location -> location.contains("/spring-ai/"))
            .importPackages("dev.jemma.springai");

    @Test
    void theAdapterUsesTheFrontRoomsOfCoreAndItsFramework() {
        classes()
                .should()
                .onlyDependOnClassesThat(resideInAnyPackage(
                        "dev.jemma.springai",
                        "dev.jemma",
                        "dev.jemma.chat",
                        "dev.jemma.infer",
                        "dev.jemma.infer.constraint",
                        "dev.jemma.model",
                        "dev.jemma.tokenizer",
                        "java..",
                        "org.jspecify.annotations",
                        "org.springframework..",
                        "io.micrometer..",
                        "org.reactivestreams",
                        "reactor.."))
                .check(OWN);
    }

    @Test
    void theAdapterLeavesStandardOutputAndErrorToItsUsers() {
        GeneralCodingRules.NO_CLASSES_SHOULD_ACCESS_STANDARD_STREAMS.check(OWN);
    }
}
