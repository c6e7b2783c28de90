package dev.jemma.cli.load;

import dev.jemma.cli.report.Chart;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;

/** What was heard in a run. */
public final class LoadResult {
    private final List<Heard> heard;
    private final int unfinished;
    private final List<String> details;

    /**
     * @param unfinished requests that were under way when the run was stopped
     * @param details one failure of each kind
     */
    LoadResult(List<Heard> heard, int unfinished, List<String> details) {
        this.heard = heard;
        this.unfinished = unfinished;
        this.details = details;
    }

    List<Heard> heard() {
        return heard;
    }

    int unfinished() {
        return unfinished;
    }

    List<String> details() {
        return details;
    }

    /**
     * The figures of the run.
     *
     * @param load how it was asked, in words
     * @param deadlineSeconds for a whole answer, if its share in time is wanted
     */
    public LoadReport report(
            String url, Optional<String> model, String load, long seed, OptionalDouble deadlineSeconds) {
        return LoadReport.of(url, model, load, seed, deadlineSeconds, this);
    }

    /** Times over the run. */
    public List<Chart> charts() {
        return new Timeline(heard).charts();
    }
}
