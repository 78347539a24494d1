package io.raftkv.raft.sim;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.StringWriter;
import java.lang.reflect.Constructor;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongConsumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.tools.FileObject;
import javax.tools.ForwardingJavaFileManager;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileManager;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;
import org.jspecify.annotations.NullMarked;
import org.slf4j.Logger;

/**
 * The classes of the library and of the simulator with a planted bug: those of the changed sources compiled in memory, all
 * others read once more, so that they see the changed ones. What is not ours comes from the loader above.
 */
final class PlantedClasses extends ClassLoader {
    /** Whether runs tell all that happens. */
    static final String TRACE = "planted.trace";

    private static final String OURS = "io.raftkv.raft.";

    private final Map<String, byte[]> changed;

    private PlantedClasses(Map<String, byte[]> changed) {
        super(PlantedClasses.class.getClassLoader());
        this.changed = changed;
    }

    /** A simulator that runs the changed code; it is given seeds, and throws if it finds something. */
    static LongConsumer simulator(PlantedBug bug) throws IOException {
        PlantedClasses classes = new PlantedClasses(compile(bug));
        try {
            Constructor<?> seedRun = classes.loadClass(SeedRun.class.getName()).getDeclaredConstructor(String.class);
            seedRun.setAccessible(true);
            return (LongConsumer) seedRun.newInstance(bug.runs().name());
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("cannot load the simulator with the planted bug " + bug.name(), e);
        }
    }

    /** Runs a simulation per seed. */
    static final class SeedRun implements LongConsumer {
        private final PlantedBug.Runs runs;

        /** @param runs by its name, as the caller knows another class of it */
        SeedRun(String runs) {
            this.runs = PlantedBug.Runs.valueOf(runs);
        }

        @Override
        public void accept(long seed) {
            PrintStream trace = Boolean.getBoolean(TRACE) ? System.out : null;
            BitRot.Extent rot = runs == PlantedBug.Runs.DAMAGE ? BitRot.Extent.MINORITY : BitRot.Extent.SOMETIMES;
            SimWorld world = new SimWorld(seed, trace);
            if (runs == PlantedBug.Runs.SESSIONS) {
                new Simulation<>(new SessionWorkload(), world, of -> Swarm.of(of, rot)).run();
            } else {
                new Simulation<>(new KvWorkload(), world, of -> Swarm.of(of, rot)).run();
            }
        }
    }

    /** The classes of the sources that {@code bug} changes. */
    static Map<String, byte[]> compile(PlantedBug bug) throws IOException {
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        if (compiler == null) {
            throw new IllegalStateException("a JDK is needed, this is a JRE: " + System.getProperty("java.home"));
        }
        List<JavaFileObject> sources = new ArrayList<>();
        bug.sources().forEach((path, text) -> sources.add(new Source(path, text)));
        StringWriter errors = new StringWriter();
        try (StandardJavaFileManager standard = compiler.getStandardFileManager(null, null, null);
                Memory memory = new Memory(standard)) {
            List<String> options = List.of("-proc:none", "-nowarn", "-classpath", classPath());
            if (!compiler.getTask(errors, memory, null, options, null, sources).call()) {
                throw new IllegalStateException("planted bug " + bug.name() + " does not compile:\n" + errors);
            }
            return memory.classes();
        }
    }

    /** Where the build put our classes, and the libraries that they need. */
    private static String classPath() {
        return Stream.of(io.raftkv.raft.core.RaftCore.class, PlantedClasses.class, NullMarked.class, Logger.class)
                .map(type -> type.getProtectionDomain().getCodeSource().getLocation())
                .map(location -> {
                    try {
                        return Path.of(location.toURI()).toString();
                    } catch (URISyntaxException e) {
                        throw new IllegalStateException("no path: " + location, e);
                    }
                })
                .collect(Collectors.joining(System.getProperty("path.separator")));
    }

    @Override
    protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
        if (!name.startsWith(OURS)) {
            return super.loadClass(name, resolve);
        }
        synchronized (getClassLoadingLock(name)) {
            Class<?> loaded = findLoadedClass(name);
            return loaded == null ? define(name) : loaded;
        }
    }

    private Class<?> define(String name) throws ClassNotFoundException {
        byte[] bytes = changed.get(name);
        if (bytes == null) {
            try (InputStream in = getParent().getResourceAsStream(name.replace('.', '/') + ".class")) {
                if (in == null) {
                    throw new ClassNotFoundException(name);
                }
                bytes = in.readAllBytes();
            } catch (IOException e) {
                throw new ClassNotFoundException(name, e);
            }
        }
        return defineClass(name, bytes, 0, bytes.length);
    }

    private static final class Source extends SimpleJavaFileObject {
        private final String text;

        Source(Path path, String text) {
            super(path.toUri(), Kind.SOURCE);
            this.text = text;
        }

        @Override
        public CharSequence getCharContent(boolean ignoreEncodingErrors) {
            return text;
        }
    }

    private static final class Memory extends ForwardingJavaFileManager<JavaFileManager> {
        private final Map<String, ByteArrayOutputStream> written = new HashMap<>();

        Memory(JavaFileManager standard) {
            super(standard);
        }

        Map<String, byte[]> classes() {
            Map<String, byte[]> classes = new HashMap<>();
            written.forEach((name, bytes) -> classes.put(name, bytes.toByteArray()));
            return classes;
        }

        @Override
        public JavaFileObject getJavaFileForOutput(
                Location location, String className, JavaFileObject.Kind kind, FileObject sibling) {
            return new SimpleJavaFileObject(URI.create("memory:///" + className.replace('.', '/')), kind) {
                @Override
                public OutputStream openOutputStream() {
                    return written.computeIfAbsent(className, name -> new ByteArrayOutputStream());
                }
            };
        }
    }
}
