// The page: holds the conversations and the one that is seen, and connects the parts. The address is never read:
// whoever sends somebody a link to this page cannot have it ask a model anything.

import { listModels } from "./api.js";
import { buildComposer, showComposer } from "./composer.js";
import { newAnswer, newConversation } from "./conversation.js";
import { announce, byId, notice } from "./dom.js";
import { generate } from "./generate.js";
import { picture } from "./icons.js";
import { canChat, modelNames, modeOf, setModels } from "./models.js";
import { buildPanels, closeDrawers, showDrawer } from "./panels.js";
import { closeProbability, watchTokens } from "./probabilities.js";
import { buildSettings, showSettings } from "./settings.js";
import { exportAll, showConversations, watchImport } from "./sidebar.js";
import * as store from "./store.js";
import { answerChanged, followEnd, showTurns } from "./turns.js";

const conversations = store.load();
const running = new Map(); // conversation to what stops it
let current = newConversation("chat", []);

const actions = { again, more, ask: askAgain, saved: () => store.save(current) };

function refresh() {
  showTurns(current, actions);
  showFrame();
}

/** Everything around the turns. */
function showFrame() {
  const [first, second] = current.models;
  byId("model").value = first ?? "";
  byId("other-model").value = second ?? "";
  byId("other-model").hidden = second === undefined;
  byId("compare").setAttribute("aria-pressed", String(second !== undefined));
  showSettings(current);
  showComposer(current.mode, running.has(current));
  showConversations(conversations, current, { open, remove });
}

function open(conversation) {
  current = conversation;
  const names = modelNames();
  const there = current.models.filter((name) => names.includes(name));
  if (there.length === 0 && names.length > 0) {
    there.push(names[0]); // what answered then is not served now
  }
  current.models = there;
  showDrawer("sidebar", false);
  refresh();
  if (matchMedia("(hover: hover)").matches) {
    byId("prompt").focus(); // not on a phone, where the keyboard would come up
  }
}

function begin(mode = modeOf(current.models[0])) {
  const models = current.models.length > 0 ? current.models : modelNames().slice(0, 1);
  open(newConversation(mode, models, current.system, current.parameters));
}

function remove(conversation) {
  running.get(conversation)?.abort();
  conversations.splice(conversations.indexOf(conversation), 1);
  store.remove(conversation);
  if (conversation === current) {
    begin();
  } else {
    showFrame();
  }
}

/** Has answers of a turn written; the text of an answer that is there already is kept if `keep` says so. */
async function run(turn, slots, keep = false) {
  const conversation = current;
  const stop = new AbortController();
  running.set(conversation, stop);
  for (const slot of slots) {
    turn.answers[slot] = keep ? turn.answers[slot] : newAnswer(conversation.models[slot] ?? turn.answers[slot].model);
    turn.answers[slot].state = "running";
  }
  if (!conversations.includes(conversation)) {
    conversations.unshift(conversation);
  }
  refresh();
  announce("The model is writing.");
  await Promise.all(
    slots.map((slot) => {
      const answer = turn.answers[slot];
      const changed = () => {
        answerChanged(answer);
        store.save(conversation);
      };
      return generate(conversation, turn, slot, stop.signal, changed);
    }),
  );
  running.delete(conversation);
  if (!conversations.includes(conversation)) {
    store.remove(conversation); // deleted meanwhile
  }
  if (conversation === current) {
    showFrame();
    const texts = slots.map((slot) => turn.answers[slot]).map((answer) => answer.error || answer.text);
    announce(texts.join("\n").slice(0, 2000));
  }
}

function send(text) {
  if (running.has(current) || current.models.length === 0) {
    return false;
  }
  const turn = { ask: text, answers: current.models.map(newAnswer) };
  current.turns.push(turn);
  run(
    turn,
    current.models.map((_, slot) => slot),
  );
  return true;
}

function again(turn, slot) {
  if (isFree()) {
    run(turn, [slot]);
  }
}

function more(turn, slot) {
  if (isFree()) {
    run(turn, [slot], true);
  }
}

/** Whether nothing is being written in this conversation; says what to do otherwise. */
function isFree() {
  const free = !running.has(current);
  notice(free ? "" : "An answer is being written: stop it first.");
  return free;
}

/** What was asked is changed: everything after it belongs to another past, and goes. */
function askAgain(turn, text) {
  if (isFree()) {
    current.turns.length = current.turns.indexOf(turn);
    send(text);
  }
}

function stop() {
  running.get(current)?.abort();
}

function choose(slot, name) {
  current.models[slot] = name;
  if (current.turns.length === 0) {
    current.mode = modeOf(current.models[0]);
  } else if (!canChat(name) && current.mode === "chat") {
    begin("completion");
    return;
  }
  saveIfKept();
  refresh();
}

function compare() {
  if (current.models.length === 2) {
    current.models.pop();
  } else {
    const names = modelNames();
    current.models.push(names.find((name) => name !== current.models[0]) ?? names[0]);
  }
  saveIfKept();
  showFrame();
}

function saveIfKept() {
  if (conversations.includes(current)) {
    store.save(current);
  }
}

function keys(event) {
  if (event.key !== "Escape" || byId("key-dialog").open || event.defaultPrevented) {
    return;
  }
  if (!closeProbability() && running.has(current)) {
    stop();
  } else {
    closeDrawers();
  }
}

function build() {
  buildPanels();
  picture(byId("compare"), "compare");
  byId("compare").title = "Compare two models";
  buildComposer({ send, stop });
  buildSettings({
    changed(name, value) {
      if (name === "system") {
        current.system = value;
      } else {
        current.parameters[name] = value;
      }
      saveIfKept();
    },
    mode(mode) {
      if (current.turns.length > 0) {
        begin(mode);
      } else {
        current.mode = mode;
        refresh();
      }
    },
    close: () => showDrawer("settings", false),
  });
  watchTokens(byId("scroll"));
  followEnd();
  byId("new").addEventListener("click", () => begin());
  byId("compare").addEventListener("click", compare);
  byId("model").addEventListener("change", (event) => choose(0, event.target.value));
  byId("other-model").addEventListener("change", (event) => choose(1, event.target.value));
  byId("export").addEventListener("click", () => exportAll(conversations));
  watchImport((taken) => {
    for (const conversation of taken) {
      const known = conversations.findIndex((other) => other.id === conversation.id);
      conversations.splice(Math.max(0, known), known < 0 ? 0 : 1, conversation);
      store.save(conversation);
      if (conversation.id === current.id) {
        open(conversation);
      }
    }
    notice("");
    showFrame();
  }, notice);
  document.addEventListener("keydown", keys);
  addEventListener("pagehide", store.flush);
  store.onFull(() => notice("The browser's storage is full: new answers are lost when this page is left."));
}

async function askForModels() {
  try {
    setModels(await listModels());
    if (modelNames().length === 0) {
      notice("This server has no model that writes text.");
      return;
    }
    begin(modeOf(modelNames()[0]));
  } catch (error) {
    notice(`The models are not known: ${error.message}.`, askForModels);
  }
}

build();
refresh();
askForModels();
