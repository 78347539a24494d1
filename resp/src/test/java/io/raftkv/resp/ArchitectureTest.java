package io.raftkv.resp;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

class ArchitectureTest {
    private final JavaClasses production = new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages("io.raftkv.resp");

    @Test
    void needsNothingButNettyAndTheLogger() {
        classes()
                .should()
                .onlyDependOnClassesThat()
                .resideInAnyPackage(
                        "io.raftkv.resp..",
                        "java..",
                        "io.netty.bootstrap..",
                        "io.netty.buffer..",
                        "io.netty.channel..",
                        "io.netty.util..",
                        "org.slf4j..",
                        "org.jspecify..")
                .check(production);
    }

    @Test
    void usesNothingInternalToNetty() {
        com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses()
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("io.netty..internal..")
                .check(production);
    }
}
