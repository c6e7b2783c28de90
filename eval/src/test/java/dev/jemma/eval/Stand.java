package dev.jemma.eval;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/** Stand-ins for a model. */
final class Stand {
    private Stand() {}

    /** Answers by a function of the request; counts what it is asked. */
    static final class Counting implements Scorer {
        private final Function<Request, Answer> answers;
        private final int most;
        private int asked;

        Counting(Function<Request, Answer> answers) {
            this(answers, Integer.MAX_VALUE);
        }

        /** Fails after so many answers. */
        Counting(Function<Request, Answer> answers, int most) {
            this.answers = answers;
            this.most = most;
        }

        int asked() {
            return asked;
        }

        @Override
        public String identity() {
            return "stand-in";
        }

        @Override
        public void answer(List<List<Request>> batches, Receiver receiver) {
            for (int b = 0; b < batches.size(); b++) {
                List<Request> requests = batches.get(b);
                for (int r = 0; r < requests.size(); r++) {
                    if (asked == most) {
                        throw new EvalException("interrupted");
                    }
                    asked++;
                    receiver.answered(b, r, answers.apply(requests.get(r)));
                }
            }
        }
    }

    /** Numbers that look random, the same for the same request. */
    static Scorer random(long seed) {
        return new Counting(request -> {
            long bits = Long.parseUnsignedLong(
                    AnswerCache.key("seed " + seed, request).substring(0, 16), 16);
            return new Answer.Likelihood(-(double) (bits >>> 11), false);
        });
    }

    /** All choices are equally likely, so that the first is taken. */
    static Scorer first() {
        return new Counting(_ -> new Answer.Likelihood(-1, false));
    }

    /** Knows the right choice. */
    static Scorer oracle(Task task, List<Item> items) {
        Map<Request, Double> known = new HashMap<>();
        for (Item item : items) {
            List<Integer> gold = gold(task, item);
            for (int i = 0; i < item.requests().size(); i++) {
                known.merge(item.requests().get(i), gold.contains(i) ? -1e-9 : -1e9, Math::max);
            }
        }
        return new Counting(request -> new Answer.Likelihood(known.getOrDefault(request, -1e9), false));
    }

    static List<Integer> gold(Task task, Item item) {
        return switch (task.form()) {
            case Form.Choice form -> form.gold().apply(item.doc());
            case Form.Partial form -> List.of(form.gold().apply(item.doc()));
            default -> List.of();
        };
    }
}
