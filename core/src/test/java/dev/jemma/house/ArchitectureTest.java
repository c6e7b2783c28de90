package dev.jemma.house;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.library.GeneralCodingRules;
import dev.jemma.JemmaException;
import java.io.InputStream;
import java.lang.module.ModuleDescriptor;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The rooms of core and the doors between them: which package may use which, and what none may use. */
class ArchitectureTest {
    private static final String ROOT = "dev.jemma";

    /** Each package of core, and the packages of core that it may use beside {@code dev.jemma} itself. */
    static final Map<String, Set<String>> DOORS = Map.ofEntries(
            Map.entry("tensor", Set.of()),
            Map.entry("machine", Set.of()),
            Map.entry("memory", Set.of()),
            Map.entry("quant", Set.of("tensor")),
            Map.entry("format", Set.of("tensor")),
            Map.entry("kernel", Set.of("kernel.x86", "memory", "quant", "tensor")),
            Map.entry("kernel.x86", Set.of("memory")),
            Map.entry("tokenizer", Set.of("format")),
            Map.entry("tokenizer.training", Set.of("format", "tokenizer")),
            Map.entry("chat", Set.of("tokenizer")),
            Map.entry("model", Set.of("format", "kernel", "memory", "quant", "tensor")),
            Map.entry("adapter", Set.of("format", "kernel", "model", "quant", "tensor")),
            Map.entry("convert", Set.of("format", "kernel", "model", "quant", "tensor", "tokenizer")),
            Map.entry("infer.constraint", Set.of("format", "tokenizer")),
            Map.entry(
                    "infer",
                    Set.of(
                            "adapter",
                            "chat",
                            "format",
                            "infer.constraint",
                            "kernel",
                            "machine",
                            "memory",
                            "model",
                            "quant",
                            "tensor",
                            "tokenizer")));

    private static final JavaClasses CORE = new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .withImportOption(location -> location.contains("/core/"))
            .importPackages(ROOT);

    /** What a library that opens no connection has no use for. */
    private static final String[] NETWORK = {
        "java.net..", "javax.net..", "java.rmi..", "javax.naming..", "javax.management.remote..", "com.sun.net.."
    };

    @Test
    void everyPackageHasItsPlaceInTheTable() {
        Set<String> found = new TreeSet<>();
        for (JavaClass type : CORE) {
            if (!type.getPackageName().equals(ROOT)) {
                found.add(type.getPackageName().substring(ROOT.length() + 1));
            }
        }
        assertThat(found).isEqualTo(new TreeSet<>(DOORS.keySet()));
    }

    @Test
    void packagesUseOnlyThosePackagesThatTheTableLetsThemUse() {
        new TreeMap<>(DOORS).forEach((name, doors) -> {
            String[] own = Stream.concat(
                            Stream.of(ROOT, ROOT + "." + name), doors.stream().map(door -> ROOT + "." + door))
                    .toArray(String[]::new);
            classes()
                    .that()
                    .resideInAPackage(ROOT + "." + name)
                    .should()
                    .onlyDependOnClassesThat(not(resideInAPackage(ROOT + ".."))
                            .or(resideInAnyPackage(own))
                            .as("are its own or in " + Arrays.toString(own)))
                    .check(CORE);
        });
    }

    @Test
    void theModuleExportsEveryPackageButThoseThatDealInAddresses() throws Exception {
        ModuleDescriptor module;
        Path classes = Path.of(JemmaException.class
                .getProtectionDomain()
                .getCodeSource()
                .getLocation()
                .toURI());
        try (InputStream in = Files.newInputStream(classes.resolve("module-info.class"))) {
            module = ModuleDescriptor.read(in);
        }
        Set<String> exported = new TreeSet<>();
        module.exports().forEach(export -> exported.add(export.source()));
        Set<String> packages = new TreeSet<>(Set.of(ROOT));
        DOORS.keySet().forEach(name -> packages.add(ROOT + "." + name));
        packages.removeAll(Set.of(ROOT + ".kernel.x86", ROOT + ".memory")); // addresses are nobody else's business
        assertThat(exported).isEqualTo(packages);
        assertThat(module.name()).isEqualTo("dev.jemma.core");
    }

    @Test
    void theTableHasNoCycle() {
        Set<String> placed = new TreeSet<>();
        int before;
        do {
            before = placed.size();
            DOORS.forEach((name, doors) -> {
                if (placed.containsAll(doors)) {
                    placed.add(name);
                }
            });
        } while (placed.size() > before);
        assertThat(placed).isEqualTo(new TreeSet<>(DOORS.keySet()));
    }

    @Test
    void coreUsesTheJdkAndJacksonsStreamingCoreOnly() {
        classes()
                .should()
                .onlyDependOnClassesThat(resideInAnyPackage(
                        ROOT + "..",
                        "java..",
                        "com.sun.management",
                        "jdk.incubator.vector..",
                        "jdk.jfr",
                        "org.jspecify.annotations",
                        "tools.jackson.core.."))
                .check(CORE);
    }

    @Test
    void coreHasNoUseForTheNetwork() {
        noClasses()
                .should()
                .dependOnClassesThat(resideInAnyPackage(NETWORK)
                        .or(JavaClass.Predicates.simpleNameEndingWith("SocketChannel"))
                        .or(JavaClass.Predicates.simpleName("DatagramChannel")))
                .check(CORE);
    }

    @Test
    void coreStartsNoProcessAndEndsNone() {
        noClasses()
                .should()
                .dependOnClassesThat(
                        JavaClass.Predicates.type(ProcessBuilder.class).or(JavaClass.Predicates.type(Process.class)))
                .orShould()
                .callMethod(System.class, "exit", int.class)
                .orShould()
                .callMethod(Runtime.class, "halt", int.class)
                .check(CORE);
    }

    @Test
    void coreLeavesStandardOutputAndErrorToItsUsers() {
        GeneralCodingRules.NO_CLASSES_SHOULD_ACCESS_STANDARD_STREAMS.check(CORE);
    }

    @Test
    void onlyKernelsKnowTheVectorApi() {
        noClasses()
                .that()
                .resideOutsideOfPackage(ROOT + ".kernel")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("jdk.incubator.vector..")
                .check(CORE);
    }

    @Test
    void nothingThatLightCommandsNeedRefersToTheVectorApi() {
        for (String name : Set.of("KernelProviders", "Kernels", "ScalarKernels", "WorkerPool")) {
            JavaClass type = CORE.get(ROOT + ".kernel." + name);
            assertThat(type.getDirectDependenciesFromSelf())
                    .noneMatch(d -> d.getTargetClass().getPackageName().startsWith("jdk.incubator.vector"));
        }
    }

    @Test
    void everyExceptionIsAJemmaException() {
        classes()
                .that()
                .areAssignableTo(Throwable.class)
                .should()
                .beAssignableTo(JemmaException.class)
                .check(CORE);
    }

    @Test
    void theRulesCanFail() {
        JavaClasses guilty = new ClassFileImporter().importClasses(Offline.class);
        assertThatThrownBy(() -> noClasses()
                        .should()
                        .dependOnClassesThat(resideInAnyPackage(NETWORK))
                        .check(guilty))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("java.net");
    }
}
