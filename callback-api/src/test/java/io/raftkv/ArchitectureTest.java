package io.raftkv;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

/** What users put on their class path stays small, and knows nothing of the modules above it. */
class ArchitectureTest {
    private static final JavaClasses CLASSES = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("io.raftkv.config", "io.raftkv.callback");

    @Test
    void dependsOnFewLibraries() {
        classes()
                .should()
                .onlyDependOnClassesThat()
                .resideInAnyPackage(
                        "java..",
                        "javax.xml.stream..",
                        "io.raftkv.config..",
                        "io.raftkv.callback..",
                        "io.raftkv.resp..",
                        "io.netty..",
                        "com.fasterxml.jackson..",
                        "org.slf4j..",
                        "org.jspecify..")
                .check(CLASSES);
    }

    @Test
    void configurationKnowsNeitherTheClientNorTheNetwork() {
        noClasses()
                .that()
                .resideInAPackage("io.raftkv.config")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("io.raftkv.callback..", "io.raftkv.resp..", "io.netty..")
                .check(CLASSES);
    }
}
