// Where a prompt is written: grows with the text, Enter sends, and the button stops what is being written.

import { byId } from "./dom.js";
import { picture } from "./icons.js";

const TALLEST = 260; // px

/** Connects the field; `send` gets the text, and the field is emptied if it says true. */
export function buildComposer({ send, stop }) {
  const field = byId("prompt");
  picture(byId("send"), "send");
  picture(byId("stop"), "stop");
  const submit = () => {
    if (field.value.trim() !== "" && send(field.value)) {
      field.value = "";
      fit();
    }
  };
  byId("composer").addEventListener("submit", (event) => {
    event.preventDefault();
    submit();
  });
  byId("stop").addEventListener("click", () => {
    stop();
    field.focus();
  });
  field.addEventListener("input", fit);
  field.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      submit();
    }
  });
  fit();
}

function fit() {
  const field = byId("prompt");
  field.style.height = "auto";
  field.style.height = `${Math.min(TALLEST, field.scrollHeight)}px`;
}

/** Shows whether something is being written, and what a prompt is here. */
export function showComposer(mode, running) {
  byId("send").hidden = running;
  byId("stop").hidden = !running;
  const field = byId("prompt");
  field.placeholder = mode === "chat" ? "Write a message" : "Write the beginning of a text";
  field.setAttribute("aria-label", mode === "chat" ? "Message" : "Beginning of a text");
}
