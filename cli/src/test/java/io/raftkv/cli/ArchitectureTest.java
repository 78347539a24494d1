package io.raftkv.cli;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

/** This module sees all others, so it is here that rules about all of them are checked. */
class ArchitectureTest {
    private static final JavaClasses ALL = new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages("io.raftkv");

    @Test
    void keepsShellLibrariesInHere() {
        noClasses()
                .that()
                .resideOutsideOfPackage("io.raftkv.cli..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("picocli..", "org.jline..", "org.HdrHistogram..")
                .check(ALL);
    }

    @Test
    void isUsedByNobody() {
        noClasses()
                .that()
                .resideOutsideOfPackage("io.raftkv.cli..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("io.raftkv.cli..")
                .check(ALL);
    }

    @Test
    void reachesTheInsidesOfNoOtherModule() {
        noClasses()
                .that()
                .resideInAPackage("io.raftkv.cli..")
                .and()
                // It looks into the files of a server that does not run.
                .resideOutsideOfPackage("io.raftkv.cli.log..")
                .and()
                // It is a program that embeds the library, to measure that.
                .haveNameNotMatching(".*\\.bench\\.GroupsNode.*")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("io.raftkv.raft..", "io.raftkv.coordinator.*..", "io.raftkv.kvserver.*..")
                .check(ALL);
    }

    @Test
    void endsTheProcessInMainOnlyAndNeverSleeps() {
        noClasses()
                .that()
                .resideInAPackage("io.raftkv.cli..")
                .and()
                .doNotHaveSimpleName("Main")
                .should()
                .callMethod(System.class, "exit", int.class)
                .check(ALL);
        noClasses()
                .that()
                .resideInAPackage("io.raftkv.cli..")
                .should()
                .callMethod(Thread.class, "sleep", long.class)
                .check(ALL);
    }
}
