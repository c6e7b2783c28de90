package dev.jemma.kernel.x86;

import dev.jemma.kernel.x86.Operand.Mem;
import dev.jemma.kernel.x86.Operand.Vec;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.Set;

/** Every instruction of the assembler with many operands, drawn always alike: its bytes and its text as objdump says it. */
final class Instructions {
    private static final int PER_FORM = 24;
    /** Not instructions, or instructions without operands to vary. */
    private static final Set<String> SKIPPED = Set.of("jnz", "jz", "loop", "cpuid", "xgetbv", "ret", "vzeroupper");
    /** No AVX-512 form, or none that the kernels use. */
    private static final Set<String> VEX_ONLY = Set.of(
            "vcmpltps",
            "vpsignb",
            "vphaddd",
            "vpackssdw",
            "vpacksswb",
            "vextracti128",
            "vpmaddubsw",
            "vpaddw",
            "vunpcklps",
            "vunpckhps",
            "vunpcklpd",
            "vunpckhpd");
    /** Their memory operand has no broadcast form. */
    private static final Set<String> NO_BROADCAST = Set.of(
            "vmovups",
            "vmovd",
            "vmovss",
            "vbroadcastss",
            "vpbroadcastd",
            "vpmovzxwd",
            "vcvtph2ps",
            "vpabsb",
            "vpmaddwd");
    /** Called otherwise with an EVEX prefix. */
    private static final Set<String> D_SUFFIX = Set.of("vpand", "vpor", "vpxor");

    private final Random random = new Random(2026);

    /** One instruction. */
    record Line(String hex, String text) {}

    static List<Line> all() {
        return new Instructions().draw();
    }

    private List<Line> draw() {
        List<Line> lines = new ArrayList<>();
        Method[] methods = Assembler.class.getDeclaredMethods();
        Arrays.sort(
                methods,
                Comparator.comparing(Method::getName).thenComparing(m -> Arrays.toString(m.getParameterTypes())));
        for (Method method : methods) {
            if (Modifier.isPrivate(method.getModifiers()) || SKIPPED.contains(method.getName())) {
                continue;
            }
            for (int i = 0; i < PER_FORM; i++) {
                lines.add(line(method, i));
            }
        }
        return lines;
    }

    private Line line(Method method, int round) {
        String name = method.getName();
        boolean evex = round % 2 == 1 && !VEX_ONLY.contains(name) || name.equals("vpternlogOrAnd");
        int bits = name.equals("vpternlogOrAnd") ? 512 : width(name, evex);
        Class<?>[] types = method.getParameterTypes();
        Object[] values = new Object[types.length];
        List<String> texts = new ArrayList<>();
        boolean prefixed = evex && bits == 512;
        for (int i = 0; i < types.length; i++) {
            boolean last = i > 0 && (i == types.length - 1 || types[i + 1] == int.class);
            if (types[i] == Gp.class) {
                values[i] = Gp.values()[random.nextInt(16)];
                texts.add(values[i].toString().toLowerCase(Locale.ROOT));
            } else if (types[i] == int.class) {
                int value = name.startsWith("v")
                        ? random.nextInt(name.equals("vextracti128") ? 2 : 32)
                        : random.nextInt(1 << 20);
                values[i] = value;
                texts.add("0x" + Integer.toHexString(value));
            } else if (types[i] == Vec.class || types[i] == Operand.class && random.nextBoolean()) {
                Vec v = new Vec(random.nextInt(evex ? 32 : 16), part(name, i, bits));
                prefixed |= v.number() > 15;
                values[i] = v;
                texts.add((v.bits() == 512 ? "zmm" : v.bits() == 256 ? "ymm" : "xmm") + v.number());
            } else {
                boolean broadcast = evex
                        && last
                        && !NO_BROADCAST.contains(name)
                        && random.nextBoolean()
                        && name.startsWith("v")
                        && !(isShift(name) && bits != 512);
                Mem m = memory(broadcast);
                values[i] = m;
                prefixed |= broadcast;
                texts.add(text(m) + (broadcast ? "{bcst}" : ""));
            }
        }
        if (isShift(name) && values[1] instanceof Mem && !evex) {
            values[1] = new Vec(3, bits); // shifts of memory are AVX-512's
            texts.set(1, (bits == 256 ? "ymm" : "xmm") + 3);
        }
        if (isShift(name) && values[1] instanceof Mem && bits != 512 && !prefixed) {
            Vec d = new Vec(17, bits);
            values[0] = d;
            texts.set(0, (bits == 256 ? "ymm" : "xmm") + 17);
            prefixed = true;
        }
        Assembler a = new Assembler();
        try {
            method.invoke(a, values);
        } catch (IllegalAccessException | InvocationTargetException e) {
            throw new AssertionError(method.toString(), e);
        }
        if (name.equals("vpternlogOrAnd")) {
            texts.add("0xf8");
        }
        return new Line(HexFormat.of().formatHex(a.finish()), name(name, prefixed) + " " + String.join(",", texts));
    }

    private int width(String name, boolean evex) {
        return switch (name) {
            case "vmovd", "vmovss" -> 128;
            case "vextracti128", "vpermd" -> 256;
            default -> evex ? 512 : random.nextBoolean() ? 256 : 128;
        };
    }

    /** Width of the vector operand {@code i}. */
    private static int part(String name, int i, int bits) {
        return switch (name) {
            case "vbroadcastss", "vpbroadcastd" -> i == 1 ? 128 : Math.max(bits, 256);
            case "vpmovzxwd", "vcvtph2ps" -> i == 1 ? Math.max(128, bits / 2) : bits;
            case "vextracti128" -> i == 0 ? 128 : 256;
            default -> bits;
        };
    }

    private static boolean isShift(String name) {
        return name.equals("vpslld") || name.equals("vpsrld") || name.equals("vpsrad");
    }

    private Mem memory(boolean broadcast) {
        Gp base = Gp.values()[random.nextInt(16)];
        Gp index = Gp.values()[random.nextInt(16)];
        int displacement = switch (random.nextInt(5)) {
            case 0 -> 0;
            case 1 -> random.nextInt(256) - 128;
            case 2 -> 4 * (random.nextInt(256) - 128);
            case 3 -> 64 * (random.nextInt(256) - 128);
            default -> random.nextInt(100_000) - 50_000;
        };
        return new Mem(base, index, index == Gp.RSP ? 1 : 1 << random.nextInt(4), displacement, broadcast);
    }

    private static String text(Mem m) {
        int d = m.displacement();
        String index = m.index() == Gp.RSP ? "" : "+" + m.index().toString().toLowerCase(Locale.ROOT) + "*" + m.scale();
        String displacement = d == 0 && m.base().low() != 5
                ? ""
                : d < 0 ? "-0x" + Integer.toHexString(-d) : "+0x" + Integer.toHexString(d);
        return "[" + m.base().toString().toLowerCase(Locale.ROOT) + index + displacement + "]";
    }

    private static String name(String name, boolean prefixed) {
        if (name.equals("vpternlogOrAnd")) {
            return "vpternlogd";
        }
        return prefixed && D_SUFFIX.contains(name) ? name + "d" : name;
    }
}
