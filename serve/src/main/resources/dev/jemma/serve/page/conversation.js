// Conversations as data. A turn is what was asked and what each of the one or two models answered to it, so each model
// goes on from its own answers. Nothing here touches the page.

export const PARAMETERS = ["temperature", "top_p", "top_k", "max_tokens", "seed", "stop", "alternatives"];

/** Without anything said yet. */
export function newConversation(mode, models, system = "", parameters = {}) {
  return {
    id: crypto.getRandomValues(new Uint32Array(2)).join("-"),
    changed: Date.now(),
    mode,
    models: [...models],
    system,
    parameters: { ...parameters },
    turns: [],
  };
}

/** An answer that is yet to come. */
export function newAnswer(model) {
  return { model, text: "", state: "running", error: "", finish: "", tokens: [], count: 0, seconds: 0, wait: 0 };
}

/** What a conversation is called. */
export function titleOf(conversation) {
  const first = conversation.turns[0]?.ask.trim().split("\n")[0] ?? "";
  return first === "" ? "New conversation" : first.slice(0, 80);
}

/** Texts that end an answer: one a line, with \n and \t for what a line cannot hold. */
function stops(text) {
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => line.replaceAll("\\n", "\n").replaceAll("\\t", "\t"));
}

/** The fields of a request that say how to answer; what was left empty is the model's own. */
export function sampling(parameters) {
  const fields = {};
  for (const name of ["temperature", "top_p", "top_k", "max_tokens", "seed"]) {
    const value = String(parameters[name] ?? "").trim();
    if (value !== "") {
      fields[name] = Number(value);
    }
  }
  const ends = stops(parameters.stop ?? "");
  if (ends.length > 0) {
    fields.stop = ends;
  }
  return fields;
}

/** How many alternatives are asked for beside each token. */
export function alternatives(parameters) {
  const value = String(parameters.alternatives ?? "").trim();
  return value === "" ? 5 : Math.min(20, Math.max(0, Math.trunc(Number(value)) || 0));
}

/** What a model has said at a turn; a model that came later goes on from the first one's answers. */
function said(turn, slot) {
  return (turn.answers[slot] ?? turn.answers[0])?.text ?? "";
}

/** The messages up to and with what was asked at a turn, as one of the models knows them. */
export function messages(conversation, index, slot) {
  const list = [];
  if (conversation.system.trim() !== "") {
    list.push({ role: "system", content: conversation.system });
  }
  conversation.turns.slice(0, index).forEach((turn) => {
    list.push({ role: "user", content: turn.ask }, { role: "assistant", content: said(turn, slot) });
  });
  list.push({ role: "user", content: conversation.turns[index].ask });
  return list;
}

/** Path and body of the request for an answer; in completion mode, `text` is what is there of it already. */
export function request(conversation, index, slot) {
  const turn = conversation.turns[index];
  const answer = turn.answers[slot];
  const top = alternatives(conversation.parameters);
  const body = { model: answer.model, ...sampling(conversation.parameters) };
  if (conversation.mode === "completion") {
    const probabilities = top > 0 ? { logprobs: top } : {};
    return { path: "/v1/completions", body: { ...body, ...probabilities, prompt: turn.ask + answer.text } };
  }
  const probabilities = top > 0 ? { logprobs: true, top_logprobs: top } : {};
  const list = messages(conversation, index, slot);
  return { path: "/v1/chat/completions", body: { ...body, ...probabilities, messages: list } };
}

const isText = (value) => typeof value === "string";
const number = (value) => (Number.isFinite(value) ? value : 0);

function cleanAnswer(raw) {
  if (!isText(raw?.text) || !isText(raw.model)) {
    return null;
  }
  const state = ["done", "stopped", "failed"].includes(raw.state) ? raw.state : "stopped";
  return {
    ...newAnswer(raw.model),
    text: raw.text,
    state,
    error: isText(raw.error) ? raw.error : "",
    finish: isText(raw.finish) ? raw.finish : "",
    count: number(raw.count),
    seconds: number(raw.seconds),
    wait: number(raw.wait),
  };
}

/** A conversation out of a file or the storage, with nothing in it that we did not put there; null if it is none. */
export function clean(raw) {
  if (!Array.isArray(raw?.turns) || !Array.isArray(raw.models) || !raw.models.every(isText) || !isText(raw.id)) {
    return null;
  }
  const turns = raw.turns.map((turn) => ({
    ask: isText(turn?.ask) ? turn.ask : "",
    answers: (Array.isArray(turn?.answers) ? turn.answers : []).slice(0, 2).map(cleanAnswer).filter(Boolean),
  }));
  const parameters = {};
  for (const name of PARAMETERS) {
    const value = raw.parameters?.[name];
    if (isText(value)) {
      parameters[name] = value;
    }
  }
  return {
    id: raw.id.replace(/[^\w-]/g, "").slice(0, 60),
    changed: number(raw.changed),
    mode: raw.mode === "completion" ? "completion" : "chat",
    models: raw.models.slice(0, 2),
    system: isText(raw.system) ? raw.system : "",
    parameters,
    turns: turns.filter((turn) => turn.answers.length > 0),
  };
}
