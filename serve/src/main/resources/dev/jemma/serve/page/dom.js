// Making elements. Text always becomes text: there is no way from here to HTML that somebody else wrote.

/**
 * An element. Properties that begin with "on" are listeners; "class", "aria-…", "data-…", "role" and "for" are
 * attributes; all others are properties of the element.
 */
export function el(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined) {
      continue;
    }
    if (name.startsWith("on")) {
      element.addEventListener(name.slice(2), value);
    } else if (/^(class|role|for|aria-.+|data-.+)$/.test(name)) {
      element.setAttribute(name, value);
    } else {
      element[name] = value;
    }
  }
  element.append(...children.filter((child) => child !== undefined));
  return element;
}

/** The element of the page with this id. */
export function byId(id) {
  return document.getElementById(id);
}

/** Tells people who listen to the page. */
export function announce(text) {
  byId("status").textContent = text;
}

/** Shows a line above the conversation until it is taken away; `again`, if there is one, is what can be tried again. */
export function notice(text, again) {
  const place = byId("notice");
  place.hidden = text === "";
  place.replaceChildren();
  if (text !== "") {
    const act = () => {
      notice("");
      again?.();
    };
    place.append(
      el("span", {}, text),
      el("button", { class: "retry", type: "button", onclick: act }, again ? "Try again" : "Close"),
    );
  }
}
