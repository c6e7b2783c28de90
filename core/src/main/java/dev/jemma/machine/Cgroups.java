package dev.jemma.machine;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * The limits that control groups put on this process, version 1 and 2, with those of all enclosing groups: a quota counts
 * wherever in the tree it is set. Containers see their group as the mount's root, or a path that is not mounted at all;
 * both end at the mount point.
 */
final class Cgroups {
    /** Version 1 writes "no limit" as the largest multiple of the page size. */
    private static final long UNLIMITED = Long.MAX_VALUE / 2;

    private final SystemFiles files;
    private final List<Mount> mounts;
    private final List<String[]> groups;

    /** A mounted hierarchy: where, which part of it, and (version 1) for which controllers. */
    private record Mount(String root, String point, boolean v2, List<String> controllers) {}

    Cgroups(SystemFiles files) {
        this.files = files;
        this.mounts = mounts(files.read("/proc/self/mountinfo").orElse(""));
        this.groups = files.read("/proc/self/cgroup")
                .orElse("")
                .lines()
                .map(line -> line.split(":", 3))
                .filter(parts -> parts.length == 3)
                .toList();
    }

    /** Processors' worth of time that may be used, rounded up to whole threads; one limit for each group that sets one. */
    List<Limit> cpuQuotas() {
        List<Limit> limits = new ArrayList<>();
        for (String folder : folders("cpu")) {
            files.read(folder + "/cpu.max")
                    .flatMap(text -> quota(text.split("\\s+")))
                    .ifPresent(threads -> limits.add(new Limit(threads, "cgroup quota " + folder + "/cpu.max")));
            Optional<String> v1Quota = files.read(folder + "/cpu.cfs_quota_us");
            Optional<String> v1Period = files.read(folder + "/cpu.cfs_period_us");
            if (v1Quota.isPresent() && v1Period.isPresent()) {
                quota(new String[] {v1Quota.get(), v1Period.get()})
                        .ifPresent(threads ->
                                limits.add(new Limit(threads, "cgroup quota " + folder + "/cpu.cfs_quota_us")));
            }
        }
        return limits;
    }

    /** Bytes of memory that may be used; one limit for each group that sets one. */
    List<Limit> memoryLimits() {
        List<Limit> limits = new ArrayList<>();
        for (String folder : folders("memory")) {
            for (String name : List.of("memory.max", "memory.high", "memory.limit_in_bytes")) {
                files.read(folder + "/" + name)
                        .flatMap(Cgroups::number)
                        .filter(bytes -> bytes > 0 && bytes < UNLIMITED)
                        .ifPresent(bytes -> limits.add(new Limit(bytes, "cgroup limit " + folder + "/" + name)));
            }
        }
        return limits;
    }

    /** "max 100000", "150000 100000" (version 2), or −1 and a period (version 1). */
    private static Optional<Long> quota(String[] quotaAndPeriod) {
        if (quotaAndPeriod.length != 2) {
            return Optional.empty();
        }
        Optional<Long> quota = number(quotaAndPeriod[0]).filter(value -> value > 0);
        Optional<Long> period = number(quotaAndPeriod[1]).filter(value -> value > 0);
        if (quota.isEmpty() || period.isEmpty()) {
            return Optional.empty();
        }
        return Optional.of(Math.ceilDiv(quota.get(), period.get())).filter(threads -> threads < Integer.MAX_VALUE);
    }

    private static Optional<Long> number(String text) {
        try {
            return Optional.of(Long.parseLong(text.strip()));
        } catch (NumberFormatException e) {
            return Optional.empty(); // "max"
        }
    }

    /** The folders of this process's group and of all that enclose it, innermost first, for both versions. */
    private List<String> folders(String controller) {
        List<String> folders = new ArrayList<>();
        for (Mount mount : mounts) {
            if (!mount.v2() && !mount.controllers().contains(controller)) {
                continue;
            }
            for (String[] group : groups) {
                boolean fits = mount.v2()
                        ? group[1].isEmpty()
                        : Arrays.asList(group[1].split(",")).contains(controller);
                if (fits) {
                    climb(mount, group[2], folders);
                }
            }
        }
        return folders;
    }

    private static void climb(Mount mount, String path, List<String> folders) {
        String inside = "";
        if (mount.root().equals("/")) {
            inside = path;
        } else if (path.equals(mount.root()) || path.startsWith(mount.root() + "/")) {
            inside = path.substring(mount.root().length());
        }
        if (inside.contains("..")) { // a group outside of what this container sees
            inside = "";
        }
        while (inside.endsWith("/")) {
            inside = inside.substring(0, inside.length() - 1);
        }
        while (!inside.isEmpty()) {
            folders.add(mount.point() + inside);
            inside = inside.substring(0, inside.lastIndexOf('/'));
        }
        folders.add(mount.point());
    }

    /** Lines of mountinfo: id parent major:minor root point options [fields] - type source superoptions. */
    private static List<Mount> mounts(String mountinfo) {
        List<Mount> mounts = new ArrayList<>();
        for (String line : mountinfo.split("\n")) {
            int dash = line.indexOf(" - ");
            if (dash < 0) {
                continue;
            }
            String[] before = line.substring(0, dash).split(" ");
            String[] after = line.substring(dash + 3).split(" ");
            if (before.length < 5 || after.length < 3) {
                continue;
            }
            if (after[0].equals("cgroup2")) {
                mounts.add(new Mount(before[3], before[4], true, List.of()));
            } else if (after[0].equals("cgroup")) {
                mounts.add(new Mount(before[3], before[4], false, List.of(after[2].split(","))));
            }
        }
        return mounts;
    }
}
