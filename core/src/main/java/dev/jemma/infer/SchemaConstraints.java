package dev.jemma.infer;

import dev.jemma.infer.constraint.TokenConstraint;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;

/** The constraints of the JSON Schemas that were asked for last: they remember what they have computed. */
final class SchemaConstraints {
    static final int MOST = 16;

    private final Map<String, TokenConstraint> recent = new LinkedHashMap<>(MOST, 0.75f, true);

    /** The constraint of a schema, made now if it is not there. */
    synchronized TokenConstraint of(String schema, Function<String, TokenConstraint> make) {
        TokenConstraint known = recent.get(schema);
        if (known == null) {
            known = make.apply(schema);
            recent.put(schema, known);
            if (recent.size() > MOST) {
                recent.remove(recent.keySet().iterator().next()); // the one not asked for for the longest time
            }
        }
        return known;
    }
}
