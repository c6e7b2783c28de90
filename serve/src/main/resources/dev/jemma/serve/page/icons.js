// Small pictures, drawn as strokes on a grid of 24.

const SPACE = "http://www.w3.org/2000/svg";

const STROKES = {
  menu: "M4 7h16M4 12h16M4 17h10",
  compare: "M4 5h7v14H4zM13 5h7v14h-7z",
  settings: "M4 7h9M17 7h3M15 5v4M4 17h3M11 17h9M9 15v4M4 12h2M10 12h10M8 10v4",
  sun: "M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM12 3v2M12 19v2M3 12h2M19 12h2M6 6l1 1M17 17l1 1M6 18l1-1M17 7l1-1",
  moon: "M20 14.5A8 8 0 0 1 9.5 4 8 8 0 1 0 20 14.5z",
  system: "M4 5h16v11H4zM9 20h6M12 16v4",
  send: "M12 19V5M6 11l6-6 6 6",
  stop: "M7 7h10v10H7z",
  copy: "M9 9h11v11H9zM15 9V4H4v11h5",
  done: "M5 13l4 4L19 7",
  again: "M19 12a7 7 0 1 1-2-4.9L19 9M19 4v5h-5",
  edit: "M4 20l1-4L16 5l3 3L8 19zM14 7l3 3",
  tokens: "M4 20V11M9 20V5M14 20v-6M19 20V9",
  further: "M5 12h13M13 7l5 5-5 5",
  remove: "M6 6l12 12M18 6L6 18",
};

/** A picture by its name. */
export function icon(name) {
  const svg = document.createElementNS(SPACE, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(SPACE, "path");
  path.setAttribute("d", STROKES[name]);
  svg.append(path);
  return svg;
}

/** Puts a picture into a button of the page. */
export function picture(button, name) {
  button.querySelector("svg")?.remove();
  button.prepend(icon(name));
}
