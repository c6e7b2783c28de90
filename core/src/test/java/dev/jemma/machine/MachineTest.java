package dev.jemma.machine;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MachineTest {
    @TempDir
    Path root;

    RecordedSystem system;

    @BeforeEach
    void emptySystem() {
        system = new RecordedSystem(root);
    }

    @Test
    void twoHardwareThreadsOfACoreCountOnce() {
        Machine machine = system.withSmt(8).withAffinity("0-15").detect();
        assertThat(machine.cpu().logical()).isEqualTo(16);
        assertThat(machine.cpu().physical()).isEqualTo(8);
        assertThat(machine.threads().count()).isEqualTo(8);
        assertThat(machine.threads().deciding().origin()).isEqualTo("physical cores");
    }

    @Test
    void theMaskCountsTheCoresInItNotTheirHardwareThreads() {
        Machine machine = system.withSmt(8).withAffinity("0,8,1").detect();
        assertThat(machine.threads().count()).isEqualTo(2);
        assertThat(machine.threads().deciding().origin()).contains("affinity");
    }

    @Test
    void aHybridProcessorGivesItsPerformanceCores() {
        Machine machine = system.withHybrid().withAffinity("0-15").detect();
        assertThat(machine.cpu().physical()).isEqualTo(12);
        assertThat(machine.cpu().performance()).isEqualTo(4);
        assertThat(machine.cpu().hybrid()).isTrue();
        assertThat(machine.threads().count()).isEqualTo(4);
        assertThat(machine.threads().deciding().origin()).isEqualTo("performance cores");
    }

    @Test
    void aMaskOfEfficiencyCoresAloneUsesThem() {
        assertThat(system.withHybrid().withAffinity("8-10").detect().threads().count())
                .isEqualTo(3);
    }

    @Test
    void armCoresOfTheLargestCapacityArePerformanceCores() {
        system.with("/sys/devices/system/cpu/online", "0-5");
        for (int cpu = 0; cpu < 6; cpu++) {
            system.with("/sys/devices/system/cpu/cpu" + cpu + "/topology/core_cpus_list", Integer.toString(cpu))
                    .with("/sys/devices/system/cpu/cpu" + cpu + "/cpu_capacity", cpu < 4 ? "446" : "1024");
        }
        assertThat(system.detect().threads().count()).isEqualTo(2);
    }

    @Test
    void withoutSysTheCoresComeFromCpuinfo() {
        StringBuilder text = new StringBuilder();
        for (int cpu = 0; cpu < 4; cpu++) {
            text.append("processor\t: ")
                    .append(cpu)
                    .append("\nmodel name\t: Intel(R) Xeon(R) CPU @ 2.20GHz\n")
                    .append("physical id\t: 0\ncore id\t\t: ")
                    .append(cpu / 2)
                    .append("\nflags\t\t: fpu sse4_2 avx avx2 fma f16c avx512f_not\n\n");
        }
        Machine machine = system.with("/proc/cpuinfo", text.toString()).detect();
        assertThat(machine.cpu().logical()).isEqualTo(4);
        assertThat(machine.cpu().physical()).isEqualTo(2);
        assertThat(machine.cpu().model()).isEqualTo("Intel(R) Xeon(R) CPU @ 2.20GHz");
        assertThat(machine.cpu().features()).containsExactly("sse4_2", "avx", "avx2", "fma", "f16c");
    }

    @Test
    void aFractionOfAQuotaIsRoundedUp() {
        Machine machine = system.withSmt(8)
                .withAffinity("0-15")
                .withCgroup2("/")
                .with("/sys/fs/cgroup/cpu.max", "150000 100000")
                .detect();
        assertThat(machine.threads().count()).isEqualTo(2);
        assertThat(machine.threads().deciding().origin()).isEqualTo("cgroup quota /sys/fs/cgroup/cpu.max");
    }

    @Test
    void anEnclosingGroupsLimitsCountToo() {
        Machine machine = system.withSmt(8)
                .withMemory(32_000_000)
                .withCgroup2("/kubepods.slice/pod1/box")
                .with("/sys/fs/cgroup/kubepods.slice/pod1/box/cpu.max", "max 100000")
                .with("/sys/fs/cgroup/kubepods.slice/pod1/cpu.max", "300000 100000")
                .with("/sys/fs/cgroup/kubepods.slice/pod1/box/memory.max", "8589934592")
                .with("/sys/fs/cgroup/kubepods.slice/memory.max", "4294967296")
                .detect();
        assertThat(machine.threads().count()).isEqualTo(3);
        assertThat(machine.memory().amount()).isEqualTo(4L << 30);
        assertThat(machine.memory().deciding().origin())
                .isEqualTo("cgroup limit /sys/fs/cgroup/kubepods.slice/memory.max");
        assertThat(machine.memory().limits()).hasSize(3);
    }

    @Test
    void versionOneGroupsAreFoundUnderTheirControllersMounts() {
        system.withSmt(8).withMemory(32_000_000);
        system.with("/proc/self/cgroup", "5:memory:/docker/abc\n4:cpu,cpuacct:/docker/abc\n1:name=systemd:/docker/abc");
        system.with(
                "/proc/self/mountinfo",
                "33 29 0:29 /docker/abc /sys/fs/cgroup/cpu,cpuacct ro,nosuid - cgroup cgroup rw,cpu,cpuacct\n"
                        + "34 29 0:30 /docker/abc /sys/fs/cgroup/memory ro,nosuid - cgroup cgroup rw,memory");
        system.with("/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us", "400000")
                .with("/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us", "100000")
                .with("/sys/fs/cgroup/memory/memory.limit_in_bytes", "2147483648");
        Machine machine = system.detect();
        assertThat(machine.threads().count()).isEqualTo(4);
        assertThat(machine.memory().amount()).isEqualTo(2L << 30);
    }

    @Test
    void versionOneWithoutLimitsHasNone() {
        system.withSmt(2).withMemory(8_000_000);
        system.with("/proc/self/cgroup", "5:memory:/user.slice\n4:cpu,cpuacct:/user.slice");
        system.with(
                "/proc/self/mountinfo",
                "33 29 0:29 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n"
                        + "34 29 0:30 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory");
        system.with("/sys/fs/cgroup/cpu,cpuacct/user.slice/cpu.cfs_quota_us", "-1")
                .with("/sys/fs/cgroup/cpu,cpuacct/user.slice/cpu.cfs_period_us", "100000")
                .with("/sys/fs/cgroup/memory/user.slice/memory.limit_in_bytes", "9223372036854771712");
        Machine machine = system.detect();
        assertThat(machine.threads().limits()).extracting(Limit::origin).containsExactly("physical cores");
        assertThat(machine.memory().limits()).containsExactly(new Limit(8_000_000L * 1024, "RAM"));
    }

    @Test
    void aPathOutsideOfTheContainersViewEndsAtTheMountPoint() {
        Machine machine = system.withSmt(8)
                .withCgroup2("/../../other")
                .with("/sys/fs/cgroup/cpu.max", "100000 100000")
                .detect();
        assertThat(machine.threads().count()).isEqualTo(1);
    }

    @Test
    void damagedTextsAreNoLimits() {
        Machine machine = system.withSmt(4)
                .withAffinity("rubbish,-,5-2,99999999999")
                .withCgroup2("/a")
                .with("/sys/fs/cgroup/a/cpu.max", "0 0")
                .with("/sys/fs/cgroup/cpu.max", "99999999999999999999 x y")
                .with("/sys/fs/cgroup/a/memory.max", "-5")
                .detect();
        assertThat(machine.threads().count()).isEqualTo(4);
        assertThat(machine.memory().amount()).isPositive();
    }

    @Test
    void aSystemThatTellsNothingGivesWhatJavaKnows() {
        Machine machine = system.detect();
        assertThat(machine.threads().count()).isEqualTo(Runtime.getRuntime().availableProcessors());
        assertThat(machine.memory().amount()).isPositive();
        assertThat(machine.hugePages()).isEqualTo(HugePages.UNKNOWN);
        assertThat(machine.cpu().model()).isNotBlank();
    }

    @Test
    void peakMemoryIsWhatTheSystemCountedInKibibytes() {
        assertThat(Machine.peakResidentBytes(root)).isEmpty();
        system.with("/proc/self/status", "Name:\tjava\nVmPeak:\t  999 kB\nVmHWM:\t  2048 kB\nVmRSS:\t 1024 kB");
        assertThat(Machine.peakResidentBytes(root)).hasValue(2048 * 1024);
    }

    @Test
    void hugePagesAreReadFromTheChosenWord() {
        system.with("/sys/kernel/mm/transparent_hugepage/enabled", "always [madvise] never");
        assertThat(system.detect().hugePages()).isEqualTo(HugePages.ON_REQUEST);
        system.with("/sys/kernel/mm/transparent_hugepage/enabled", "always madvise [never]");
        assertThat(system.detect().hugePages()).isEqualTo(HugePages.NEVER);
    }

    @Test
    void thisMachineCanBeDetected() {
        Machine machine = Machine.detect();
        assertThat(machine.threads().count()).isBetween(1, Runtime.getRuntime().availableProcessors());
        assertThat(machine.memory().amount()).isGreaterThan(100_000_000L);
    }
}
