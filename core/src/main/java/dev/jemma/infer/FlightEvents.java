package dev.jemma.infer;

import jdk.jfr.Category;
import jdk.jfr.DataAmount;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;
import jdk.jfr.Timespan;

/** The events of a flight recording. Their names and fields are told in docs/serving.md. */
final class FlightEvents {
    private FlightEvents() {}

    /** One forward pass, from the choice of its rows to the last token handed out. */
    @Name("dev.jemma.Step")
    @Label("Engine Step")
    @Description("One forward pass of the engine")
    @Category("Jemma")
    @StackTrace(false)
    static final class StepEvent extends Event {
        @Label("Rows")
        @Description("Tokens computed: of prompts, of answers and guessed ones")
        int rows;

        @Label("Prompt Rows")
        int promptRows;

        @Label("Decode Rows")
        int decodeRows;

        @Label("Guessed Rows")
        int guessedRows;

        @Label("Right Guesses")
        int rightGuesses;

        @Label("Sequences")
        int sequences;

        @Label("Waiting Requests")
        int waiting;

        @Label("Preempted Requests")
        int preempted;

        @Label("Blocks Held")
        @Description("Blocks of keys and values in the tables of sequences, shared ones counted by each")
        int blocksHeld;

        @Label("Blocks Cached")
        @Description("Blocks that the prefix cache remembers")
        int blocksCached;

        @Label("Key and Value Bytes")
        @DataAmount
        long kvBytes;
    }

    /** A request that is over. */
    @Name("dev.jemma.Request")
    @Label("Engine Request")
    @Description("A request that is over, one way or the other")
    @Category("Jemma")
    @StackTrace(false)
    static final class RequestEvent extends Event {
        @Label("Kind")
        @Description("generate, score or embed")
        String kind = "";

        @Label("Outcome")
        @Description("stop, length, cancelled, failed; done for scores and vectors")
        String outcome = "";

        @Label("Prompt Tokens")
        int promptTokens;

        @Label("Cached Tokens")
        @Description("Prompt tokens from the prefix cache")
        int cachedTokens;

        @Label("Generated Tokens")
        int generatedTokens;

        @Label("Preemptions")
        int preemptions;

        @Label("Queue Time")
        @Description("From its arrival to its admission")
        @Timespan(Timespan.NANOSECONDS)
        long queue;

        @Label("Prefill Time")
        @Description("From its admission to its first token, or to its end")
        @Timespan(Timespan.NANOSECONDS)
        long prefill;

        @Label("Decode Time")
        @Description("From its first token to its end")
        @Timespan(Timespan.NANOSECONDS)
        long decode;
    }
}
