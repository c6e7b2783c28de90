// The panel with the system prompt and the parameters. What is left empty is the model's own.

import { PARAMETERS } from "./conversation.js";
import { byId, el } from "./dom.js";
import { canChat, defaultsOf } from "./models.js";

const FIELDS = [
  {
    name: "temperature",
    label: "Temperature",
    min: 0,
    max: 2,
    step: 0.1,
    about: "0 takes the most likely token always",
  },
  { name: "top_p", label: "Top-p", min: 0.01, max: 1, step: 0.01, about: "the likeliest tokens that reach this share" },
  { name: "top_k", label: "Top-k", min: 0, max: 1000, step: 1, about: "this many likeliest tokens; 0 for all" },
  { name: "max_tokens", label: "Most tokens", min: 1, max: 1000000, step: 1, about: "of an answer" },
  { name: "seed", label: "Seed", min: 0, max: 9007199254740991, step: 1, about: "the same seed gives the same answer" },
  {
    name: "alternatives",
    label: "Alternatives",
    min: 0,
    max: 20,
    step: 1,
    about: "beside each token's probability; 0 for none",
  },
];

/** Builds the panel; `changed` is called with a field's name and value, `mode` with the mode that was chosen. */
export function buildSettings({ changed, mode, close }) {
  const row = (field) => {
    const { name, label, about, ...limits } = field;
    const input = el("input", { id: `set-${name}`, type: "number", ...limits, "aria-describedby": `about-${name}` });
    input.addEventListener("input", () => {
      input.setAttribute("aria-invalid", String(!input.checkValidity()));
      changed(name, input.checkValidity() ? input.value : "");
    });
    return el(
      "div",
      { class: "setting" },
      el("label", { for: input.id }, label),
      input,
      el("small", { id: `about-${name}` }, about),
    );
  };
  const choice = (value, label) =>
    el(
      "label",
      { class: "segment" },
      el("input", { type: "radio", name: "mode", value, onchange: () => mode(value) }),
      el("span", {}, label),
    );
  const system = el("textarea", {
    id: "set-system",
    rows: 4,
    placeholder: "How the model should answer",
    oninput: () => changed("system", system.value),
  });
  const stop = el("textarea", {
    id: "set-stop",
    rows: 2,
    "aria-describedby": "about-stop",
    oninput: () => changed("stop", stop.value),
  });
  byId("settings").append(
    el(
      "div",
      { class: "title" },
      el("h2", {}, "Settings"),
      el("button", { class: "quiet", type: "button", onclick: close }, "Close"),
    ),
    el(
      "fieldset",
      { id: "mode" },
      el("legend", { class: "unseen" }, "What the model does"),
      choice("chat", "Chat"),
      choice("completion", "Completion"),
    ),
    el(
      "div",
      { id: "system-part", class: "setting tall" },
      el("label", { for: "set-system" }, "System prompt"),
      system,
    ),
    ...FIELDS.map(row),
    el(
      "div",
      { class: "setting tall" },
      el("label", { for: "set-stop" }, "Stop at"),
      stop,
      el("small", { id: "about-stop" }, "one text a line; \\n is a line break"),
    ),
    el(
      "p",
      { class: "note" },
      "Empty fields are the model's own values. Settings belong to this conversation; a new one begins with them.",
    ),
  );
}

/** Shows a conversation's settings. */
export function showSettings(conversation) {
  const defaults = defaultsOf(conversation.models[0]);
  for (const name of PARAMETERS) {
    const field = byId(`set-${name}`);
    field.value = conversation.parameters[name] ?? "";
    field.removeAttribute("aria-invalid");
    if (field.type === "number") {
      field.placeholder = String(name === "alternatives" ? 5 : (defaults[name] ?? (name === "seed" ? "any" : "")));
    }
  }
  byId("set-system").value = conversation.system;
  byId("system-part").hidden = conversation.mode !== "chat";
  for (const input of document.querySelectorAll("#mode input")) {
    input.checked = input.value === conversation.mode;
    input.disabled = input.value === "chat" && !canChat(conversation.models[0]);
  }
}
