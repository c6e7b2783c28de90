// From what a model wrote to elements. A model's text is a stranger's: its HTML is shown as text, its images as links,
// only http and https can be followed, and what the Markdown library made of it still goes through the sanitizer.

import DOMPurify from "./lib/purify.js";
import { el } from "./dom.js";
import { icon } from "./icons.js";

const TAGS =
  "p br hr h1 h2 h3 h4 h5 h6 ul ol li blockquote pre code strong em s a table thead tbody tr th td span".split(" ");

const markdown = globalThis.markdownit({ html: false, linkify: true, breaks: false, highlight });
markdown.linkify.set({ fuzzyLink: false, fuzzyEmail: false, fuzzyIP: false });
markdown.validateLink = (address) => /^https?:\/\//i.test(address);

/** An image is a link to it with its description: nothing is fetched until somebody follows the link. */
markdown.renderer.rules.image = (tokens, index) => {
  const token = tokens[index];
  const address = markdown.utils.escapeHtml(token.attrGet("src") ?? "");
  const text = markdown.utils.escapeHtml(token.content || "image");
  return `<a class="picture" href="${address}">${text}</a>`;
};

/** Columns are aligned by class, since the page allows no styles in elements. */
for (const cell of ["th_open", "td_open"]) {
  markdown.renderer.rules[cell] = (tokens, index, options, env, self) => {
    const style = tokens[index].attrGet("style");
    tokens[index].attrs = style ? [["class", style.replace("text-align:", "to-")]] : null;
    return self.renderToken(tokens, index, options);
  };
}

function highlight(code, language) {
  const known = globalThis.hljs.getLanguage(language);
  return known ? globalThis.hljs.highlight(code, { language, ignoreIllegals: true }).value : "";
}

DOMPurify.addHook("afterSanitizeAttributes", (node) => {
  if (node.nodeName === "A") {
    node.setAttribute("target", "_blank");
    node.setAttribute("rel", "noopener noreferrer");
  }
});

/** A fragment of elements for a text. */
export function render(text) {
  const fragment = DOMPurify.sanitize(markdown.render(text), {
    ALLOWED_TAGS: TAGS,
    ALLOWED_ATTR: ["href", "class", "start"],
    ALLOWED_URI_REGEXP: /^https?:\/\//i,
    ALLOW_DATA_ATTR: false,
    ALLOW_ARIA_ATTR: false,
    RETURN_DOM_FRAGMENT: true,
  });
  for (const code of fragment.querySelectorAll("pre > code")) {
    frame(code);
  }
  for (const table of fragment.querySelectorAll("table")) {
    const scroller = el("div", { class: "table", tabIndex: 0, role: "region", "aria-label": "Table" });
    table.replaceWith(scroller);
    scroller.append(table);
  }
  return fragment;
}

/** Code gets a head with its language and a button that copies it. */
function frame(code) {
  const language = /(?:^| )language-([\w+#-]{1,30})/.exec(code.className)?.[1] ?? "";
  const pre = code.parentElement;
  const box = el(
    "div",
    { class: "code" },
    el(
      "div",
      { class: "head" },
      el("span", {}, language),
      copier("Copy code", () => code.textContent),
    ),
  );
  pre.replaceWith(box);
  pre.tabIndex = 0;
  box.append(pre);
}

/** A button that copies a text and says so. */
export function copier(label, text) {
  const button = el("button", { class: "icon small", type: "button", "aria-label": label, title: label }, icon("copy"));
  button.addEventListener("click", async () => {
    const worked = await copy(text());
    button.replaceChildren(icon(worked ? "done" : "remove"));
    button.setAttribute("aria-label", worked ? "Copied" : "The browser did not allow it");
    setTimeout(() => {
      button.replaceChildren(icon("copy"));
      button.setAttribute("aria-label", label);
    }, 1500);
  });
  return button;
}

/** The clipboard is there over HTTPS and on this machine; elsewhere the old way still works. */
async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const area = el("textarea", { value: text, class: "unseen", readOnly: true });
    document.body.append(area);
    area.select();
    const worked = document.execCommand("copy");
    area.remove();
    return worked;
  }
}
