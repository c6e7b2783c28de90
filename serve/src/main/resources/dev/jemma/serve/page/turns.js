// The conversation as it is seen: turn after turn, each with what was asked and one or two answers side by side.

import { AnswerView, editor } from "./answer.js";
import { byId, el } from "./dom.js";
import { icon } from "./icons.js";
import { copier } from "./markdown.js";

const NEAR = 60; // px from the end that still count as being there
const views = new WeakMap();
let following = true;

/** From now on, whoever is at the end stays there while an answer grows. */
export function followEnd() {
  const place = byId("scroll");
  let before = 0;
  place.addEventListener("scroll", () => {
    // An answer may have grown since we went to the end: only who went up has left it.
    const near = place.scrollHeight - place.scrollTop - place.clientHeight < NEAR;
    following = near || (following && place.scrollTop >= before);
    before = place.scrollTop;
  });
  new ResizeObserver(() => following && toEnd()).observe(byId("turns"));
}

/** Shows a conversation; `actions` are again(turn, slot), more(turn, slot), ask(turn, text) and saved(). */
export function showTurns(conversation, actions) {
  const place = byId("turns");
  const compared = conversation.turns.some((turn) => turn.answers.length > 1);
  place.className = `turns ${conversation.mode}${compared ? " compared" : ""}`;
  place.replaceChildren(...conversation.turns.map((turn) => turnView(conversation, turn, actions)));
  if (conversation.turns.length === 0) {
    place.append(welcome(conversation));
  }
  following = true;
  toEnd();
}

/** An answer has changed; nothing happens if it is not on the page. */
export function answerChanged(answer) {
  views.get(answer)?.update();
}

function welcome(conversation) {
  const lines =
    conversation.mode === "chat"
      ? [
          "What would you like to know?",
          "The answer is written by the model that is chosen above, on the machine that this page comes from.",
        ]
      : ["A text to go on from", "The model writes on from whatever it is given, in the same voice."];
  return el("div", { class: "welcome" }, el("h1", {}, lines[0]), el("p", {}, lines[1]));
}

function turnView(conversation, turn, actions) {
  const answers = turn.answers.map((answer, slot) => {
    const view = new AnswerView(answer, {
      plain: conversation.mode === "completion",
      named: turn.answers.length > 1,
      tokens: conversation.mode === "completion",
      actions: {
        again: () => actions.again(turn, slot),
        more: conversation.mode === "completion" ? () => actions.more(turn, slot) : undefined,
        save: (text) => {
          answer.text = text;
          answer.tokens = [];
          actions.saved();
        },
      },
    });
    views.set(answer, view);
    return view.element;
  });
  return el(
    "section",
    { class: "turn" },
    asked(turn, actions),
    el("div", { class: `answers n${answers.length}` }, ...answers),
  );
}

function asked(turn, actions) {
  const box = el("div", { class: "asked" });
  const show = () => {
    const label = "Change this and ask again; what follows is dropped";
    const edit = el(
      "button",
      { class: "icon small", type: "button", "aria-label": label, title: label, onclick: change },
      icon("edit"),
    );
    const text = el("div", { class: "text" }, turn.ask);
    box.replaceChildren(
      text,
      el(
        "div",
        { class: "actions" },
        copier("Copy", () => turn.ask),
        edit,
      ),
    );
  };
  const change = () => {
    box.replaceChildren(
      editor(turn.ask, "Message", "Ask again", (text) => {
        if (text === null || text.trim() === "") {
          show();
        } else {
          actions.ask(turn, text);
        }
      }),
    );
    box.querySelector("textarea").focus();
  };
  show();
  return box;
}

function toEnd() {
  const place = byId("scroll");
  place.scrollTop = place.scrollHeight;
}
