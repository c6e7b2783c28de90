package dev.jemma.eval;

import java.util.List;

/**
 * One row of a task with everything that is asked about it.
 *
 * @param id number of the row among those asked, from 0
 * @param choices the choices of a {@link Form.Choice} without their delimiter, else empty
 */
public record Item(int id, Doc doc, List<Request> requests, List<String> choices) {
    public Item {
        requests = List.copyOf(requests);
        choices = List.copyOf(choices);
    }
}
