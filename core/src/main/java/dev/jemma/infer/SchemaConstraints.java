package dev.jemma.infer;

import dev.jemma.infer.constraint.TokenConstraint;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/**
 * The constraints of the JSON Schemas that were asked for last: they remember what they have computed, and so grow while
 * they are used. Whenever one is asked for, those that were not asked for the longest time make room.
 */
final class SchemaConstraints {
    static final int MOST = 16;

    private final long mostBytes;
    private final Map<String, TokenConstraint> recent = new LinkedHashMap<>(MOST, 0.75f, true); // guarded by this

    /** @param mostBytes memory of all together whenever one is asked for; that one is kept whatever it takes */
    SchemaConstraints(long mostBytes) {
        this.mostBytes = mostBytes;
    }

    /** The constraint of a schema, made now if it is not there. Nobody waits while another's is made. */
    TokenConstraint of(String schema, Function<String, TokenConstraint> make) {
        return find(schema).orElseGet(() -> keep(schema, make.apply(schema)));
    }

    private synchronized Optional<TokenConstraint> find(String schema) {
        Optional<TokenConstraint> found = Optional.ofNullable(recent.get(schema));
        found.ifPresent(_ -> makeRoom());
        return found;
    }

    private synchronized TokenConstraint keep(String schema, TokenConstraint made) {
        TokenConstraint first = recent.putIfAbsent(schema, made); // of somebody who asked at the same time
        makeRoom();
        return first == null ? made : first;
    }

    /** All but the one that was asked for last may go. */
    private void makeRoom() {
        long bytes = recent.values().stream().mapToLong(TokenConstraint::bytes).sum();
        Iterator<TokenConstraint> eldest = recent.values().iterator();
        while (recent.size() > 1 && (recent.size() > MOST || bytes > mostBytes)) {
            bytes -= eldest.next().bytes();
            eldest.remove();
        }
    }

    /** Memory of all that are kept. */
    synchronized long bytes() {
        return recent.values().stream().mapToLong(TokenConstraint::bytes).sum();
    }
}
