package dev.jemma.train.tape;

import dev.jemma.data.PackedBatch.Document;
import dev.jemma.kernel.AttentionShape;
import dev.jemma.kernel.Grid;
import dev.jemma.kernel.Kernels;
import dev.jemma.kernel.TrainingKernels;
import dev.jemma.kernel.Workers;
import dev.jemma.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/**
 * Attention of packed documents, forward and backward, without a cache: a row sees rows of its own document only. Scores
 * never exist for more than a block of queries at a time; the backward pass computes them again from the log-sum-exp that
 * the forward pass kept (as in FlashAttention, arXiv 2205.14135). Work is cut by document, head and block, and each sum
 * runs within one piece, so threads do not show in the result.
 */
final class DocumentAttention {
    /** Queries, or keys, of one piece of work. */
    private static final int BLOCK = 128;

    private final Workers workers;
    private final Kernels kernels;
    private final TrainingKernels training;
    private final AttentionScratch memory;
    private final AttentionShape shape;
    private final List<Document> documents;

    DocumentAttention(
            Workers workers, Kernels kernels, AttentionScratch memory, AttentionShape shape, List<Document> documents) {
        this.workers = workers;
        this.kernels = kernels;
        training = kernels.training();
        this.memory = memory;
        this.shape = shape;
        this.documents = documents;
    }

    /** Rows {@code from} to {@code to} of a document, and a head. */
    private record Piece(Document document, int head, int from, int to) {
        int rows() {
            return to - from;
        }
    }

    private List<Piece> pieces(int heads) {
        List<Piece> pieces = new ArrayList<>();
        for (Document document : documents) {
            for (int head = 0; head < heads; head++) {
                for (int from = 0; from < document.rows(); from += BLOCK) {
                    pieces.add(new Piece(document, head, from, Math.min(document.rows(), from + BLOCK)));
                }
            }
        }
        return pieces;
    }

    /** What is done with a piece; {@code worker} names scratch memory. */
    private interface Work {
        void run(Piece piece, int worker);
    }

    private void run(List<Piece> pieces, Work work) {
        workers.run(pieces.size(), (chunk, worker) -> work.run(pieces.get(chunk), worker));
    }

    /** Rows of a document from {@code row} on, one head of {@code x}. */
    private Grid rows(Tensor x, Document document, int row, int head) {
        long at = (long) (document.firstRow() + row) * x.cols() + (long) head * shape.headDim();
        return new Grid(x.data(), at, x.cols(), 1, Grid.LANES);
    }

    /** The same transposed: [headDim, rows]. */
    private Grid columns(Tensor x, Document document, int row, int head) {
        Grid rows = rows(x, document, row, head);
        return new Grid(x.data(), rows.at(), 1, rows.row(), Grid.LANES * rows.row());
    }

    private int kvHead(int head) {
        return head / (shape.heads() / shape.kvHeads());
    }

    private int firstKey(int query) {
        return shape.firstKey(query);
    }

    /** Dot products of queries [from, to) with keys [first, end) into {@code scores}. */
    private void scores(Piece p, int head, int from, int to, int first, int end, Tensor q, Tensor k, Tensor scores) {
        int keys = end - first;
        kernels.product(
                rows(q, p.document(), from, head),
                columns(k, p.document(), first, kvHead(head)),
                Grid.of(scores),
                to - from,
                keys,
                shape.headDim(),
                false);
    }

    /**
     * out = softmax(scores)·v; all [T, heads·headDim] or [T, kvHeads·headDim].
     *
     * @param logSumExp [T, heads], written
     */
    void forward(Tensor q, Tensor k, Tensor v, Tensor out, Tensor logSumExp) {
        run(pieces(shape.heads()), (p, worker) -> {
            int length = p.document().rows();
            int first = firstKey(p.from());
            int end = shape.endKey(p.to() - 1, length);
            Tensor scores = memory.scores(worker, p.rows(), end - first);
            scores(p, p.head(), p.from(), p.to(), first, end, q, k, scores);
            for (int i = p.from(); i < p.to(); i++) {
                float lse = training.softmax(
                        scores.data(),
                        scores.offset(i - p.from(), 0),
                        end - first,
                        firstKey(i) - first,
                        shape.endKey(i, length) - first,
                        shape.scale(),
                        shape.softcap());
                logSumExp.set(p.document().firstRow() + i, p.head(), lse);
            }
            kernels.product(
                    Grid.of(scores),
                    rows(v, p.document(), first, kvHead(p.head())),
                    rows(out, p.document(), p.from(), p.head()),
                    p.rows(),
                    shape.headDim(),
                    end - first,
                    false);
        });
    }

    /**
     * The gradients of q, k and v, added to.
     *
     * @param logSumExp as the forward pass gave it
     */
    void backward(
            Tensor q, Tensor k, Tensor v, Tensor out, Tensor logSumExp, Tensor dOut, Tensor dq, Tensor dk, Tensor dv) {
        float[] products = products(out, dOut);
        run(pieces(shape.heads()), (p, worker) -> {
            int length = p.document().rows();
            int first = firstKey(p.from());
            int end = shape.endKey(p.to() - 1, length);
            Tensor weights = memory.scores(worker, p.rows(), end - first);
            Tensor slopes = memory.slopes(worker, p.rows(), end - first);
            scores(p, p.head(), p.from(), p.to(), first, end, q, k, weights);
            slopes(p, p.head(), p.from(), p.to(), first, end, v, dOut, logSumExp, products, weights, slopes);
            kernels.product(
                    Grid.of(slopes),
                    rows(k, p.document(), first, kvHead(p.head())),
                    rows(dq, p.document(), p.from(), p.head()),
                    p.rows(),
                    shape.headDim(),
                    end - first,
                    true);
        });
        int group = shape.heads() / shape.kvHeads();
        run(pieces(shape.kvHeads()), (p, worker) -> {
            int length = p.document().rows();
            for (int head = p.head() * group; head < (p.head() + 1) * group; head++) {
                for (int from = firstQuery(p.from()) / BLOCK * BLOCK; from < length; from += BLOCK) {
                    if (firstKey(from) >= p.to()) {
                        break; // this and all later queries see only keys behind these
                    }
                    int to = Math.min(length, from + BLOCK);
                    Tensor weights = memory.scores(worker, to - from, p.rows());
                    Tensor slopes = memory.slopes(worker, to - from, p.rows());
                    scores(p, head, from, to, p.from(), p.to(), q, k, weights);
                    slopes(p, head, from, to, p.from(), p.to(), v, dOut, logSumExp, products, weights, slopes);
                    kernels.product(
                            Grid.transposed(weights),
                            rows(dOut, p.document(), from, head),
                            rows(dv, p.document(), p.from(), p.head()),
                            p.rows(),
                            shape.headDim(),
                            to - from,
                            true);
                    kernels.product(
                            Grid.transposed(slopes),
                            rows(q, p.document(), from, head),
                            rows(dk, p.document(), p.from(), p.head()),
                            p.rows(),
                            shape.headDim(),
                            to - from,
                            true);
                }
            }
        });
    }

    /** The first query that may see the key. */
    private int firstQuery(int key) {
        if (shape.causal()) {
            return key;
        }
        return shape.window() == 0 ? 0 : Math.max(0, key - shape.window() + 1);
    }

    /** Σ out·dOut of each row and head: what the softmax takes off its gradient. */
    private float[] products(Tensor out, Tensor dOut) {
        int heads = shape.heads();
        int dim = shape.headDim();
        float[] products = new float[out.rows() * heads];
        workers.run(out.rows(), (t, _) -> {
            for (int h = 0; h < heads; h++) {
                long at = out.offset(t, h * dim);
                products[t * heads + h] = training.dot(out.data(), at, dOut.data(), at, dim);
            }
        });
        return products;
    }

    /** Turns {@code weights} from scores into weights, and writes the gradient of the unscaled dot products. */
    private void slopes(
            Piece p,
            int head,
            int from,
            int to,
            int first,
            int end,
            Tensor v,
            Tensor dOut,
            Tensor logSumExp,
            float[] products,
            Tensor weights,
            Tensor slopes) {
        int length = p.document().rows();
        kernels.product(
                rows(dOut, p.document(), from, head),
                columns(v, p.document(), first, kvHead(head)),
                Grid.of(slopes),
                to - from,
                end - first,
                shape.headDim(),
                false);
        for (int i = from; i < to; i++) {
            int row = p.document().firstRow() + i;
            int cols = end - first;
            int visibleFrom = Math.clamp(firstKey(i) - first, 0, cols);
            int visibleTo = Math.clamp(shape.endKey(i, length) - first, 0, cols);
            if (visibleFrom >= visibleTo) { // behind this query's window
                weights.slice(i - from, i - from + 1).data().fill((byte) 0);
                slopes.slice(i - from, i - from + 1).data().fill((byte) 0);
                continue;
            }
            training.attentionSlopes(
                    weights.data(),
                    weights.offset(i - from, 0),
                    slopes.data(),
                    slopes.offset(i - from, 0),
                    cols,
                    visibleFrom,
                    visibleTo,
                    shape.scale(),
                    shape.softcap(),
                    logSumExp.get(row, head),
                    products[row * shape.heads() + head]);
        }
    }
}
