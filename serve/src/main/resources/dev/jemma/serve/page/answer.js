// One answer as it is seen: its text as Markdown or as tokens, what can be done with it, and what it took.

import { el } from "./dom.js";
import { icon } from "./icons.js";
import { copier, render } from "./markdown.js";
import { TokenWriter } from "./probabilities.js";

const PAUSE = 60; // ms between two renderings of an answer that is being written, at least

/** Keeps elements in step with an answer. */
export class AnswerView {
  #answer;
  #plain;
  #body = el("div", { class: "body" });
  #after = el("div", { class: "after" });
  #writer = null;
  #written = 0;
  #timer = 0;
  #cost = 0;
  #actions;

  /**
   * `plain` text is not Markdown. `actions` is what the buttons do: again, more, save(text), and whether it goes on
   * (`continues`); `tokens` is whether probabilities are shown from the start.
   */
  constructor(answer, { plain, named, tokens, actions }) {
    this.#answer = answer;
    this.#plain = plain;
    this.#actions = actions;
    this.asTokens = tokens;
    const head = named ? el("h3", { class: "name" }, answer.model) : undefined;
    this.element = el(
      "article",
      { class: "answer", "aria-label": `Answer of ${answer.model}` },
      head,
      this.#body,
      this.#after,
    );
    this.#show();
  }

  /** The answer has changed: shown soon if it is being written, at once if it is complete. */
  update() {
    if (this.#answer.state !== "running") {
      clearTimeout(this.#timer);
      this.#timer = 0;
      this.#show();
    } else if (this.#timer === 0) {
      this.#timer = setTimeout(
        () => {
          this.#timer = 0;
          this.#show();
        },
        Math.max(PAUSE, 4 * this.#cost),
      );
    }
  }

  #show() {
    const start = performance.now();
    const running = this.#answer.state === "running";
    this.element.classList.toggle("running", running);
    this.element.setAttribute("aria-busy", String(running));
    if (this.asTokens && this.#answer.tokens.length > 0) {
      this.#showTokens();
    } else {
      this.#showText();
    }
    this.#after.replaceChildren(...(running ? [] : this.#rest()));
    this.#cost = performance.now() - start;
  }

  #showTokens() {
    if (this.#writer === null || this.#written > this.#answer.tokens.length) {
      this.#body.className = "body tokens plain";
      this.#body.replaceChildren();
      this.#writer = new TokenWriter(this.#body);
      this.#written = 0;
    }
    while (this.#written < this.#answer.tokens.length) {
      this.#writer.add(this.#answer.tokens[this.#written++]);
    }
  }

  #showText() {
    this.#writer = null;
    this.#body.className = this.#plain ? "body plain" : "body markdown";
    if (this.#plain) {
      this.#body.textContent = this.#answer.text;
    } else {
      this.#body.replaceChildren(render(this.#answer.text));
    }
  }

  #rest() {
    const { state, error, text } = this.#answer;
    const parts = [];
    if (state === "failed") {
      const retry = el("button", { class: "retry", type: "button", onclick: this.#actions.again }, "Try again");
      parts.push(el("div", { class: "error", role: "alert" }, el("span", {}, error), retry));
    } else if (text === "") {
      parts.push(
        el("p", { class: "nothing" }, state === "stopped" ? "Stopped before it began." : "The model said nothing."),
      );
    }
    if (state !== "failed" || text !== "") {
      parts.push(el("div", { class: "actions" }, ...this.#buttons(), el("span", { class: "took" }, this.#took())));
    }
    return parts;
  }

  #buttons() {
    const { text, tokens, state } = this.#answer;
    const buttons = [];
    if (text !== "") {
      buttons.push(copier("Copy", () => this.#answer.text));
    }
    buttons.push(button("again", "Write it again", this.#actions.again));
    if (text !== "" && this.#actions.more && state !== "failed") {
      buttons.push(button("further", "Go on writing", this.#actions.more));
    }
    if (text !== "") {
      buttons.push(button("edit", "Change this answer", () => this.#edit()));
    }
    if (tokens.some((token) => !token.given)) {
      const toggle = button("tokens", "Probabilities", () => {
        this.asTokens = !this.asTokens;
        this.#show();
        this.element.querySelector(".actions [aria-pressed]")?.focus();
      });
      toggle.setAttribute("aria-pressed", String(this.asTokens));
      buttons.push(toggle);
    }
    return buttons;
  }

  #took() {
    const { count, seconds, wait, finish, state } = this.#answer;
    const parts = [];
    if (count > 0) {
      parts.push(`${count} ${count === 1 ? "token" : "tokens"}`);
    }
    if (count > 1 && seconds > 0) {
      parts.push(`${((count - 1) / seconds).toFixed(1)} a second`);
    }
    if (wait > 0) {
      parts.push(`first after ${wait.toFixed(2)} s`);
    }
    if (state === "stopped") {
      parts.push("stopped");
    } else if (finish === "length") {
      parts.push("token limit reached");
    }
    return parts.join(" · ");
  }

  #edit() {
    const done = (text) => {
      if (text !== null) {
        this.#actions.save(text);
      }
      this.#show();
    };
    this.#body.className = "body";
    this.#body.replaceChildren(editor(this.#answer.text, "Answer", "Save", done));
    this.#after.replaceChildren();
    this.#writer = null;
    this.#body.querySelector("textarea").focus();
  }
}

function button(picture, label, onclick) {
  return el(
    "button",
    { class: "icon small", type: "button", "aria-label": label, title: label, onclick },
    icon(picture),
  );
}

/** A field with a text that is being changed; calls `done` with the new text, or with null. */
export function editor(text, label, verb, done) {
  const area = el("textarea", { value: text, "aria-label": label, rows: Math.min(16, text.split("\n").length + 1) });
  const save = () => done(area.value);
  area.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      event.stopPropagation();
      done(null);
    } else if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      save();
    }
  });
  return el(
    "div",
    { class: "editor" },
    area,
    el(
      "div",
      { class: "row" },
      el("button", { class: "quiet", type: "button", onclick: () => done(null) }, "Cancel"),
      el("button", { class: "primary", type: "button", onclick: save }, verb),
    ),
  );
}
