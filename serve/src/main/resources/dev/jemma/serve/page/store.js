// Conversations in the browser's own storage: one entry each, so that two tabs do not undo each other's work. Tokens
// with their probabilities are not kept: they would fill the storage within a few dozen answers.

import { clean } from "./conversation.js";

const PREFIX = "jemma.conversation.";
const DELAY = 400; // ms from a change to its being written
const waiting = new Map();
let complain = () => {};

/** Whom to tell that nothing more can be kept. */
export function onFull(listener) {
  complain = listener;
}

/** All conversations, the last changed first. */
export function load() {
  const found = [];
  try {
    for (const name of Object.keys(localStorage)) {
      if (name.startsWith(PREFIX)) {
        found.push(clean(parse(localStorage.getItem(name))));
      }
    }
  } catch {
    // storage is switched off: nothing is kept
  }
  return found.filter(Boolean).sort((a, b) => b.changed - a.changed);
}

function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** Keeps a conversation, soon. */
export function save(conversation) {
  conversation.changed = Date.now();
  if (!waiting.has(conversation.id)) {
    waiting.set(conversation.id, { conversation, timer: setTimeout(() => write(conversation), DELAY) });
  }
}

function write(conversation) {
  clearTimeout(waiting.get(conversation.id)?.timer);
  waiting.delete(conversation.id);
  try {
    localStorage.setItem(PREFIX + conversation.id, serialize(conversation));
  } catch {
    complain();
  }
}

function serialize(value) {
  return JSON.stringify(value, (name, part) => (name === "tokens" ? undefined : part));
}

/** Keeps at once what was about to be kept. */
export function flush() {
  for (const { conversation } of [...waiting.values()]) {
    write(conversation);
  }
}

/** Forgets a conversation. */
export function remove(conversation) {
  clearTimeout(waiting.get(conversation.id)?.timer);
  waiting.delete(conversation.id);
  try {
    localStorage.removeItem(PREFIX + conversation.id);
  } catch {
    // it was never kept
  }
}

/** All of them as a file's text. */
export function exported(conversations) {
  return serialize({ jemma: "conversations", version: 1, conversations });
}

/** The conversations in a file's text; throws if it is not one of ours. */
export function imported(text) {
  const raw = parse(text);
  if (raw?.jemma !== "conversations" || !Array.isArray(raw.conversations)) {
    throw new Error("this file holds no conversations of Jemma");
  }
  return raw.conversations.map(clean).filter(Boolean);
}
