package io.raftkv.coordinator;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

/** Who may know whom. */
class ArchitectureTest {
    private static final JavaClasses CLASSES = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("io.raftkv.coordinator");

    @Test
    void onlyOnePackageKnowsJGroups() {
        noClasses()
                .that()
                .resideOutsideOfPackage("io.raftkv.coordinator.jgroups")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("org.jgroups..")
                .check(CLASSES);
    }

    @Test
    void theCoordinatorKnowsNothingAboveIt() {
        noClasses()
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("io.raftkv.kvserver..", "io.raftkv.kvclient..", "io.raftkv.cli..")
                .check(CLASSES);
    }

    @Test
    void theReplicatedStateIsPure() {
        noClasses()
                .that()
                .resideInAPackage("io.raftkv.coordinator.state")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(
                        "io.raftkv.coordinator.front..",
                        "io.raftkv.coordinator.bootstrap..",
                        "io.raftkv.coordinator.jgroups..",
                        "io.raftkv.raft.driver..",
                        "io.netty..",
                        "java.time..",
                        "org.slf4j..")
                .orShould()
                .dependOnClassesThat()
                .haveFullyQualifiedName("java.util.Random")
                .orShould()
                .dependOnClassesThat()
                .haveFullyQualifiedName("java.util.UUID")
                .orShould()
                .callMethod(System.class, "currentTimeMillis")
                .orShould()
                .callMethod(System.class, "nanoTime")
                .check(CLASSES);
    }
}
