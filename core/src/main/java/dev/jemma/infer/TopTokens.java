package dev.jemma.infer;

import dev.jemma.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/** The k largest logits of a row, largest first, smaller id first on ties. */
final class TopTokens {
    private TopTokens() {}

    static List<TokenLogprob.Alternative> of(Job.Logits logits, int row, int vocabularySize, int k) {
        Tensor values = logits.values();
        int n = Math.min(k, vocabularySize);
        int[] ids = new int[n];
        float[] best = new float[n];
        int found = 0;
        for (int id = 0; id < vocabularySize; id++) {
            float x = values.get(row, id);
            if (found == n && x <= best[n - 1]) {
                continue;
            }
            int at = found < n ? found++ : n - 1;
            while (at > 0 && best[at - 1] < x) {
                best[at] = best[at - 1];
                ids[at] = ids[at - 1];
                at--;
            }
            best[at] = x;
            ids[at] = id;
        }
        List<TokenLogprob.Alternative> top = new ArrayList<>(found);
        for (int i = 0; i < found; i++) {
            top.add(new TokenLogprob.Alternative(ids[i], best[i], (float) (best[i] - logits.logSumExp()[row])));
        }
        return top;
    }
}
