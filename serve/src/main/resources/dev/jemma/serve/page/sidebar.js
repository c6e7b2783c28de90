// The list of conversations, and their way into a file and back.

import { titleOf } from "./conversation.js";
import { byId, el } from "./dom.js";
import { icon } from "./icons.js";
import { exported, imported } from "./store.js";

const LARGEST = 50 * 1024 * 1024; // bytes of a file that is read

/** Shows the list; `open` and `remove` are called with a conversation. */
export function showConversations(conversations, current, { open, remove }) {
  byId("conversations").replaceChildren(
    ...conversations.map((conversation) => {
      const title = titleOf(conversation);
      const here = conversation === current;
      const go = el("button", { class: "go", type: "button", title, onclick: () => open(conversation) }, title);
      if (here) {
        go.setAttribute("aria-current", "true");
      }
      const label = `Delete “${title}”`;
      const away = el(
        "button",
        {
          class: "icon small",
          type: "button",
          "aria-label": label,
          title: "Delete",
          onclick: () => remove(conversation),
        },
        icon("remove"),
      );
      return el("li", { class: here ? "here" : "" }, go, away);
    }),
  );
}

/** Writes all conversations into a file that the browser saves. */
export function exportAll(conversations) {
  const file = new Blob([exported(conversations)], { type: "application/json" });
  const link = el("a", { href: URL.createObjectURL(file), download: "jemma-conversations.json" });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

/** Asks for a file and hands over what is in it; `failed` gets the reason if it is none of ours. */
export function watchImport(taken, failed) {
  const input = byId("import-file");
  byId("import").addEventListener("click", () => input.click());
  input.addEventListener("change", async () => {
    const [file] = input.files;
    input.value = "";
    if (!file) {
      return;
    }
    try {
      if (file.size > LARGEST) {
        throw new Error("this file is too large to hold conversations");
      }
      taken(imported(await file.text()));
    } catch (error) {
      failed(error.message);
    }
  });
}
