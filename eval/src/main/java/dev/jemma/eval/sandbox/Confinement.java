package dev.jemma.eval.sandbox;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The words of the command that confines a program, outermost first. */
sealed interface Confinement {
    /** Nobody else's numbers, one for each place, so that programs cannot reach each other by signals or shared limits. */
    int FIRST_UID = 65_000;

    /**
     * The command.
     *
     * @param place which of the programs that run at the same time, from 0
     * @param python the interpreter, with its arguments
     */
    List<String> command(SandboxLimits limits, int place, Python python, List<String> arguments);

    /** For messages. */
    String label();

    /** Namespaces made by util-linux. */
    record Unshare(Tools tools, Path mountPoint, boolean root) implements Confinement {
        @Override
        public List<String> command(SandboxLimits limits, int place, Python python, List<String> arguments) {
            List<String> words = new ArrayList<>(dropping(tools, root, place));
            words.addAll(List.of(
                    tools.path("unshare"),
                    "--user",
                    "--map-root-user",
                    "--pid",
                    "--net",
                    "--mount",
                    "--ipc",
                    "--uts",
                    "--cgroup",
                    "--fork",
                    "--kill-child"));
            words.addAll(List.of("/bin/sh", "-c", Sandbox.resource("confine.sh"), "confine", mountPoint.toString()));
            words.add(Long.toString(limits.scratchBytes()));
            words.addAll(visible(python));
            words.addAll(List.of("/dev/null", "/dev/zero", "/dev/urandom", "/dev/random", "--"));
            words.addAll(
                    List.of(tools.path("setpriv"), "--no-new-privs", "--bounding-set=-all", "--inh-caps=-all", "--"));
            words.addAll(limited(tools, limits));
            words.addAll(arguments);
            return words;
        }

        @Override
        public String label() {
            return "unshare";
        }
    }

    /** Bubblewrap. */
    record Bubblewrap(Tools tools, boolean root) implements Confinement {
        @Override
        public List<String> command(SandboxLimits limits, int place, Python python, List<String> arguments) {
            List<String> words = new ArrayList<>(dropping(tools, root, place));
            words.addAll(List.of(
                    tools.path("bwrap"),
                    "--unshare-user",
                    "--unshare-ipc",
                    "--unshare-pid",
                    "--unshare-net",
                    "--unshare-uts",
                    "--unshare-cgroup-try",
                    "--die-with-parent",
                    "--new-session",
                    "--as-pid-1",
                    "--cap-drop",
                    "ALL"));
            for (String link : List.of("bin", "sbin", "lib", "lib32", "lib64", "libx32")) {
                Path path = Path.of("/", link);
                if (Files.isSymbolicLink(path)) {
                    words.addAll(List.of("--symlink", "usr/" + link, "/" + link));
                }
            }
            for (String path : visible(python)) {
                words.addAll(List.of("--ro-bind", path, path));
            }
            for (String device : List.of("/dev/null", "/dev/zero", "/dev/urandom", "/dev/random")) {
                words.addAll(List.of("--dev-bind", device, device));
            }
            words.addAll(List.of("--size", Long.toString(limits.scratchBytes()), "--tmpfs", "/tmp"));
            words.addAll(List.of("--remount-ro", "/", "--chdir", "/tmp", "--"));
            words.addAll(limited(tools, limits));
            words.addAll(arguments);
            return words;
        }

        @Override
        public String label() {
            return "bwrap";
        }
    }

    /** None: the program can do whatever its user can. */
    record None() implements Confinement {
        @Override
        public List<String> command(SandboxLimits limits, int place, Python python, List<String> arguments) {
            return arguments;
        }

        @Override
        public String label() {
            return "none";
        }
    }

    /** Root first becomes nobody in particular, since limits on processes do not bind root. */
    private static List<String> dropping(Tools tools, boolean root, int place) {
        List<String> words = new ArrayList<>(List.of(tools.path("setpriv"), "--pdeathsig", "KILL"));
        if (root) {
            String id = Integer.toString(FIRST_UID + place);
            words.addAll(List.of("--reuid", id, "--regid", id, "--clear-groups"));
        }
        words.add("--");
        return words;
    }

    private static List<String> limited(Tools tools, SandboxLimits limits) {
        long seconds = limits.time().toSeconds() + 2;
        return List.of(
                tools.path("prlimit"),
                "--nproc=" + limits.processes(),
                "--as=" + limits.memoryBytes(),
                "--cpu=" + seconds + ":" + (seconds + 1),
                "--fsize=" + limits.scratchBytes(),
                "--nofile=128",
                "--core=0",
                "--memlock=0",
                "--msgqueue=0",
                "--");
    }

    /** Folders and files that a Python program needs to see, and nothing that belongs to a user. */
    private static List<String> visible(Python python) {
        List<String> paths = new ArrayList<>();
        for (String name : List.of("usr", "bin", "sbin", "lib", "lib32", "lib64", "libx32")) {
            Path path = Path.of("/", name);
            if (Files.isDirectory(path) && !Files.isSymbolicLink(path)) {
                paths.add(path.toString());
            }
        }
        for (String extra : List.of("/etc/ld.so.cache", "/etc/localtime", "/nix/store")) {
            if (Files.exists(Path.of(extra))) {
                paths.add(extra);
            }
        }
        String prefix = python.prefix().toString();
        if (paths.stream().noneMatch(path -> prefix.equals(path) || prefix.startsWith(path + "/"))) {
            paths.add(prefix);
        }
        return paths;
    }
}
