package dev.jemma.model;

/**
 * A low-rank addition to one weight (LoRA, arXiv 2106.09685): {@code y += scale · B(A·x)}, in float32, beside the weight
 * and never in it (DESIGN 5.11).
 *
 * @param a [rank, in]
 * @param b [out, rank]
 * @param scale α/rank, or α/√rank (rsLoRA, arXiv 2312.03732)
 */
public record LowRank(Linear a, Linear b, float scale) {
    private static final String PREFIX = "base_model.model.";

    public LowRank {
        if (a.out() != b.in()) {
            throw new IllegalArgumentException("A gives " + a.out() + " numbers, but B takes " + b.in());
        }
    }

    /** r. */
    public int rank() {
        return a.out();
    }

    /** What PEFT calls A of this weight. */
    public static String nameOfA(Weight weight, Architecture architecture) {
        return module(weight, architecture) + ".lora_A.weight";
    }

    /** What PEFT calls B of this weight. */
    public static String nameOfB(Weight weight, Architecture architecture) {
        return module(weight, architecture) + ".lora_B.weight";
    }

    private static String module(Weight weight, Architecture architecture) {
        String name = weight.huggingFaceName(architecture);
        return PREFIX + name.substring(0, name.length() - ".weight".length());
    }
}
