// Tokens with their probabilities: a text in which each token says how likely it was and what else could have come.

import { byId, el } from "./dom.js";

/** The tokens of a piece of an answer in one form, whichever of the two paths it came by. */
export function tokensOf(choice) {
  const logprobs = choice.logprobs;
  if (!logprobs) {
    return [];
  }
  if (logprobs.content) {
    return logprobs.content.map((entry) => ({
      text: entry.token,
      logprob: entry.logprob,
      top: entry.top_logprobs.map(({ token, logprob }) => ({ text: token, logprob })),
    }));
  }
  return logprobs.tokens.map((text, i) => ({
    text,
    logprob: logprobs.token_logprobs[i],
    top: Object.entries(logprobs.top_logprobs?.[i] ?? {}).map(([other, logprob]) => ({ text: other, logprob })),
  }));
}

const BYTE = /^bytes:\\x([0-9a-f]{2})$/;

/** Tokens to elements, one after the other; bytes are held back until they make a character. */
export class TokenWriter {
  #bytes = [];
  #first = null;

  constructor(place) {
    this.place = place;
  }

  /** Adds a token's element. */
  add(token) {
    if (token.given) {
      this.place.append(token.text);
      return;
    }
    const byte = BYTE.exec(token.text);
    const shown = byte ? this.#character(parseInt(byte[1], 16)) : token.text;
    const percent = 100 * Math.exp(token.logprob);
    const span = el("span", { class: `token ${level(percent)}`, tabIndex: this.#first ? -1 : 0 }, shown);
    if (byte && shown === "") {
      span.classList.add("part");
      span.textContent = "·";
    }
    span.token = token;
    this.#first ??= span;
    this.place.append(span);
  }

  #character(byte) {
    this.#bytes.push(byte);
    try {
      const text = new TextDecoder("utf-8", { fatal: true }).decode(new Uint8Array(this.#bytes));
      this.#bytes = [];
      return text;
    } catch {
      if (this.#bytes.length >= 4) {
        this.#bytes = [];
      }
      return "";
    }
  }
}

function level(percent) {
  return percent >= 90 ? "p4" : percent >= 60 ? "p3" : percent >= 30 ? "p2" : percent >= 10 ? "p1" : "p0";
}

/** A token's text so that it can be seen. */
function visible(text) {
  const byte = BYTE.exec(text);
  return byte ? `byte ${byte[1].toUpperCase()}` : text.replaceAll("\n", "↵").replaceAll("\t", "⇥").replaceAll(" ", "␣");
}

function percents(logprob) {
  const percent = 100 * Math.exp(logprob);
  return `${percent >= 10 ? percent.toFixed(0) : percent >= 0.1 ? percent.toFixed(1) : percent.toExponential(0)} %`;
}

function row(entry, chosen) {
  const bar = el("span", { class: "share" });
  bar.style.width = `${Math.max(1, 100 * Math.exp(entry.logprob))}%`;
  return el(
    "div",
    { class: chosen ? "row chosen" : "row" },
    el("span", { class: "text" }, visible(entry.text)),
    el("span", { class: "track" }, bar),
    el("span", { class: "number" }, percents(entry.logprob)),
  );
}

function fill(tip, token) {
  const among = token.top.some((entry) => entry.text === token.text);
  const entries = [...token.top, ...(among ? [] : [token])].sort((a, b) => b.logprob - a.logprob);
  const rows = entries.map((entry) => row(entry, entry.text === token.text));
  const logprob = `log-probability ${token.logprob.toFixed(3)}`;
  tip.replaceChildren(...rows, el("div", { class: "foot" }, logprob));
}

function show(span) {
  const tip = byId("probability");
  document.querySelector(".token.shown")?.classList.remove("shown");
  span.classList.add("shown");
  fill(tip, span.token);
  tip.hidden = false;
  span.setAttribute("aria-describedby", tip.id);
  const at = span.getClientRects()[0] ?? span.getBoundingClientRect();
  const left = Math.min(Math.max(8, at.left - 12), innerWidth - tip.offsetWidth - 8);
  const below = at.bottom + 6 + tip.offsetHeight < innerHeight;
  tip.style.left = `${Math.max(8, left)}px`;
  tip.style.top = `${below ? at.bottom + 6 : Math.max(8, at.top - 6 - tip.offsetHeight)}px`;
}

function hide() {
  document.querySelector(".token.shown")?.classList.remove("shown");
  byId("probability").hidden = true;
}

/** Whether the box with alternatives was open; it is closed then. */
export function closeProbability() {
  const open = !byId("probability").hidden;
  hide();
  return open;
}

/** Shows alternatives under the pointer and at the token that the keyboard is on; arrows go from token to token. */
export function watchTokens(place) {
  const token = (event) => event.target.closest?.(".token");
  place.addEventListener("pointerover", (event) => (token(event) ? show(token(event)) : hide()));
  place.addEventListener("pointerleave", hide);
  place.addEventListener("focusin", (event) => token(event) && show(token(event)));
  place.addEventListener("focusout", hide);
  place.addEventListener("scroll", hide);
  place.addEventListener("click", (event) => token(event)?.focus({ preventScroll: true }));
  place.addEventListener("keydown", (event) => {
    const span = token(event);
    const next = { ArrowRight: "nextElementSibling", ArrowLeft: "previousElementSibling" }[event.key];
    const other = span && next && span[next];
    if (other?.matches(".token")) {
      event.preventDefault();
      span.tabIndex = -1;
      other.tabIndex = 0;
      other.focus();
    }
  });
}
