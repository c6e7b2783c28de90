// Has a model write an answer, piece by piece.

import { stream } from "./api.js";
import { request } from "./conversation.js";
import { tokensOf } from "./probabilities.js";

/**
 * Fills the answer of a turn; `changed` is called after every piece and at the end. In completion mode an answer that
 * has a text already is continued. Never throws: what went wrong stands in the answer.
 */
export async function generate(conversation, turn, slot, signal, changed) {
  const answer = turn.answers[slot];
  const { path, body } = request(conversation, conversation.turns.indexOf(turn), slot);
  const start = performance.now();
  let first = 0;
  Object.assign(answer, { state: "running", error: "", finish: "", count: 0, wait: 0, seconds: 0 });
  if (answer.tokens.length === 0 && answer.text !== "") {
    answer.tokens.push({ text: answer.text, given: true }); // written before: its probabilities are not known
  }
  changed();
  try {
    for await (const piece of stream(path, body, signal)) {
      const choice = piece.choices?.[0];
      const text = choice?.delta?.content ?? choice?.text ?? "";
      if (choice) {
        answer.text += text;
        answer.tokens.push(...tokensOf(choice));
        answer.finish = choice.finish_reason ?? answer.finish;
      }
      if (text !== "" && first === 0) {
        first = performance.now();
        answer.wait = (first - start) / 1000;
      }
      answer.count = piece.usage?.completion_tokens ?? answer.count;
      changed();
    }
    answer.state = "done";
  } catch (error) {
    answer.state = signal.aborted ? "stopped" : "failed";
    answer.error = signal.aborted ? "" : reason(error);
  }
  answer.seconds = first === 0 ? 0 : (performance.now() - first) / 1000;
  changed();
}

function reason(error) {
  const words = error.message || "something went wrong";
  const later = error.retryAfter > 0 ? ` Try again in ${error.retryAfter} s.` : "";
  return words.charAt(0).toUpperCase() + words.slice(1) + (/[.!?]$/.test(words) ? "" : ".") + later;
}
