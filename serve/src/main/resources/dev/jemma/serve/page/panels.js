// The panels beside the conversation, which are drawers where there is little room, and the switch of colours.

import { byId } from "./dom.js";
import { picture } from "./icons.js";

const DRAWERS = { sidebar: "open-sidebar", settings: "open-settings" };

/** Opens or closes the list of conversations (a drawer on phones only) or the settings. */
export function showDrawer(id, shown) {
  const panel = byId(id);
  const opener = byId(DRAWERS[id]);
  if (!shown && panel.contains(document.activeElement)) {
    opener.focus();
  }
  if (id === "settings") {
    panel.hidden = !shown;
  }
  panel.classList.toggle("open", shown);
  opener.setAttribute("aria-expanded", String(shown));
  byId("shade").hidden = !document.querySelector(".sidebar.open, .settings.open");
  if (shown) {
    panel.querySelector("button, input")?.focus();
  }
}

function isShown(id) {
  return byId(id).classList.contains("open");
}

/** Closes what is open; whether anything was. */
export function closeDrawers() {
  const shown = Object.keys(DRAWERS).filter(isShown);
  shown.forEach((id) => showDrawer(id, false));
  return shown.length > 0;
}

const THEMES = ["system", "light", "dark"];
const PICTURES = { system: "system", light: "sun", dark: "moon" };

function showTheme() {
  const theme = globalThis.jemmaTheme.chosen();
  const button = byId("theme");
  picture(button, PICTURES[theme]);
  button.title = { system: "Colours as the system has them", light: "Light colours", dark: "Dark colours" }[theme];
  button.setAttribute("aria-label", button.title);
}

function nextTheme() {
  const themes = globalThis.jemmaTheme;
  themes.choose(THEMES[(THEMES.indexOf(themes.chosen()) + 1) % THEMES.length]);
  showTheme();
}

/** Connects the buttons of the bar. */
export function buildPanels() {
  picture(byId("open-sidebar"), "menu");
  picture(byId("open-settings"), "settings");
  byId("open-settings").title = "Settings";
  for (const [id, opener] of Object.entries(DRAWERS)) {
    byId(opener).addEventListener("click", () => showDrawer(id, !isShown(id)));
  }
  byId("shade").addEventListener("click", closeDrawers);
  byId("theme").addEventListener("click", nextTheme);
  showTheme();
}
