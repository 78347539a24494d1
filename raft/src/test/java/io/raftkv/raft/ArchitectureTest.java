package io.raftkv.raft;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

/** The arrows between the packages of this module, and what its core may not know. */
class ArchitectureTest {
    private static final JavaClasses CLASSES = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("io.raftkv.raft");

    @Test
    void coreNeedsNothingButJava() {
        classes()
                .that()
                .resideInAPackage("..raft.core..")
                .should()
                .onlyDependOnClassesThat()
                .resideInAnyPackage("io.raftkv.raft", "io.raftkv.raft.core..", "java..", "org.jspecify..")
                .check(CLASSES);
    }

    @Test
    void coreHasNoClockNoThreadNoChanceAndNoHashOrder() {
        noClasses()
                .that()
                .resideInAPackage("..raft.core..")
                .should()
                .dependOnClassesThat()
                .haveFullyQualifiedName("java.lang.Thread")
                .orShould()
                .dependOnClassesThat()
                .haveNameMatching("java\\.util\\.(HashMap|HashSet|Random|UUID)|java\\.time\\..*|java\\.io\\.File.*")
                .orShould()
                .callMethod(System.class, "nanoTime")
                .orShould()
                .callMethod(System.class, "currentTimeMillis")
                .check(CLASSES);
    }

    /** Log time is the only thing that a wall clock is for, and it is stamped where proposals are handed over. */
    @Test
    void noDecisionUsesAWallClock() {
        noClasses()
                .that()
                .doNotHaveFullyQualifiedName("io.raftkv.raft.driver.Proposals")
                .should()
                .callMethod(EventLoop.class, "wallClockMs")
                .check(CLASSES);
        noClasses()
                .that()
                .haveNameNotMatching("io\\.raftkv\\.raft\\.(transport\\.netty\\.NettyLoop|memory\\.ThreadLoop)")
                .should()
                .callMethod(System.class, "currentTimeMillis")
                .orShould()
                .dependOnClassesThat()
                .haveNameMatching("java\\.time\\..*|java\\.util\\.Date")
                .check(CLASSES);
    }

    @Test
    void nettyAppearsInItsTransportOnly() {
        noClasses()
                .that()
                .resideOutsideOfPackage("..raft.transport.netty..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("io.netty..")
                .check(CLASSES);
    }

    /** So that clients can use sessions over any network. */
    @Test
    void sessionsNeedTheRootPackageOnly() {
        classes()
                .that()
                .resideInAPackage("..raft.session..")
                .should()
                .onlyDependOnClassesThat()
                .resideInAnyPackage("io.raftkv.raft", "io.raftkv.raft.session", "java..", "org.jspecify..")
                .check(CLASSES);
    }

    @Test
    void arrowsRunDownward() {
        noClasses()
                .that()
                .resideInAnyPackage("..raft.core..", "..raft.log..", "..raft.snapshot..", "..raft.transport..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("..raft.driver..")
                .check(CLASSES);
        noClasses()
                .that()
                .resideOutsideOfPackages("..raft.server..", "..raft.memory..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("..raft.server..", "..raft.memory..")
                .check(CLASSES);
        noClasses()
                .that()
                .resideInAPackage("..raft.memory..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("..raft.driver..", "..raft.server..")
                .check(CLASSES);
        noClasses()
                .that()
                .resideInAPackage("..raft.log..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("..raft.snapshot..", "..raft.transport..")
                .check(CLASSES);
    }
}
