package io.raftkv.kvserver;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class ArchitectureTest {
    private static JavaClasses classes;

    @BeforeAll
    static void read() {
        classes = new ClassFileImporter()
                .withImportOption(new ImportOption.DoNotIncludeTests())
                .importPackages("io.raftkv.kvserver");
    }

    @Test
    void dependsOnNothingAboveOrBesideIt() {
        noClasses()
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(
                        "io.raftkv.coordinator..", "io.raftkv.cli..", "io.raftkv.kvclient..", "org.jgroups..")
                .check(classes);
    }

    @Test
    void theEngineKnowsNeitherRaftNorTheProtocol() {
        noClasses()
                .that()
                .resideInAPackage("..engine..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("io.raftkv.raft..", "io.raftkv.resp..", "io.netty..")
                .check(classes);
    }

    @Test
    void commandsKnowNeitherGroupsNorConnections() {
        noClasses()
                .that()
                .resideInAPackage("..command..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("..kvserver.shard..", "..kvserver.cluster..", "..kvserver.service..", "io.netty..")
                .check(classes);
    }

    @Test
    void appliedWritesUseNoClockNorChance() {
        noClasses()
                .that()
                .resideInAnyPackage("..command..", "..engine..")
                .should()
                .dependOnClassesThat()
                .haveFullyQualifiedName("java.util.Random")
                .orShould()
                .callMethod(System.class, "currentTimeMillis")
                .orShould()
                .callMethod(System.class, "nanoTime")
                .orShould()
                .dependOnClassesThat()
                .resideInAnyPackage("java.time..", "java.util.concurrent.locks..")
                .check(classes);
    }

    @Test
    void shardsDoNotKnowTheCluster() {
        noClasses()
                .that()
                .resideInAPackage("..shard..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("..kvserver.cluster..", "..kvserver.service..")
                .check(classes);
    }
}
