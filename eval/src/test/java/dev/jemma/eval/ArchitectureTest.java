package dev.jemma.eval;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.library.GeneralCodingRules;
import com.tngtech.archunit.library.dependencies.SlicesRuleDefinition;
import dev.jemma.JemmaException;
import org.junit.jupiter.api.Test;

/** What this module may use, and which way its packages look. */
class ArchitectureTest {
    private static final JavaClasses EVAL = new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .withImportOption(location -> location.contains("/eval/"))
            .importPackages("dev.jemma.eval");

    @Test
    void packagesHaveNoCycles() {
        SlicesRuleDefinition.slices()
                .matching("dev.jemma.(eval..)")
                .should()
                .beFreeOfCycles()
                .check(EVAL);
    }

    @Test
    void metricsAndDrawsKnowNothingOfTasksAndModels() {
        noClasses()
                .that()
                .resideInAnyPackage("dev.jemma.eval.metric", "dev.jemma.eval.fewshot")
                .should()
                .dependOnClassesThat(resideInAnyPackage(
                        "dev.jemma.eval", "dev.jemma.eval.task", "dev.jemma.infer", "tools.jackson.."))
                .check(EVAL);
    }

    @Test
    void onlyScorersKnowTheEngine() {
        noClasses()
                .that()
                .haveNameNotMatching(".*(Engine|Endpoint)Scorer.*")
                .should()
                .dependOnClassesThat(resideInAnyPackage("dev.jemma.infer", "dev.jemma.model", "dev.jemma.kernel"))
                .check(EVAL);
    }

    @Test
    void evaluationHasNoUseForTheNetwork() {
        noClasses()
                .should()
                .dependOnClassesThat(resideInAnyPackage("java.net..", "javax.net.."))
                .check(EVAL);
    }

    @Test
    void standardOutputAndErrorAreLeftToUsers() {
        GeneralCodingRules.NO_CLASSES_SHOULD_ACCESS_STANDARD_STREAMS.check(EVAL);
    }

    @Test
    void everyExceptionThatCanLeaveItsClassIsAJemmaException() {
        classes()
                .that()
                .areAssignableTo(Throwable.class)
                .and()
                .doNotHaveModifier(JavaModifier.PRIVATE)
                .should()
                .beAssignableTo(JemmaException.class)
                .check(EVAL);
    }
}
