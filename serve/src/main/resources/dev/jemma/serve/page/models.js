// The models that can be chosen, and what is known of them.

import { byId, el } from "./dom.js";

let models = [];

/** Takes the server's list; models that only make vectors are left out. */
export function setModels(list) {
  models = list.filter((model) => !model.jemma?.embeds);
  for (const id of ["model", "other-model"]) {
    byId(id).replaceChildren(...models.map((model) => el("option", { value: model.id }, model.id)));
  }
}

/** The names of all. */
export function modelNames() {
  return models.map((model) => model.id);
}

/** What a model does when it is not told, if the server said. */
export function defaultsOf(name) {
  return models.find((model) => model.id === name)?.jemma?.defaults ?? {};
}

/** Whether a model has a form for conversations at all. */
export function canChat(name) {
  return models.find((model) => model.id === name)?.jemma?.chats ?? true;
}

/** What a model is for: one without a chat template of its own writes on, unless an adapter may have taught it. */
export function modeOf(name) {
  const facts = models.find((model) => model.id === name)?.jemma;
  return !facts || (facts.chats && (facts.instruction_tuned || name.includes("+"))) ? "chat" : "completion";
}
