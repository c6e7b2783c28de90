// The API key: kept for this tab only, asked for when the server wants one.

import { byId } from "./dom.js";

const NAME = "jemma.key";
let key = "";
let asking = null;

try {
  key = sessionStorage.getItem(NAME) ?? "";
} catch {
  // storage is switched off: the key lives as long as the page
}

/** The header that shows the key, if there is one. */
export function authorization() {
  return key === "" ? {} : { Authorization: `Bearer ${key}` };
}

/** Asks for a key; true when one was given. Whoever asks meanwhile waits for the same answer. */
export function askForKey() {
  asking ??= new Promise((resolve) => {
    const dialog = byId("key-dialog");
    const field = byId("key");
    byId("key-wrong").hidden = key === "";
    field.value = "";
    const close = (given) => {
      asking = null;
      dialog.close();
      resolve(given);
    };
    byId("key-form").onsubmit = (event) => {
      event.preventDefault();
      key = field.value.trim();
      try {
        sessionStorage.setItem(NAME, key);
      } catch {
        // as above
      }
      close(true);
    };
    byId("key-cancel").onclick = () => close(false);
    dialog.oncancel = () => close(false);
    dialog.showModal();
    field.focus();
  });
  return asking;
}
