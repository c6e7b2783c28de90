"use strict";
const tasks = JSON.parse(document.getElementById("data").textContent);
const at = id => document.getElementById(id);
const PAGE = 50;
let found = [];
let shown = 0;
function element(name, text, kind) {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  if (kind) made.className = kind;
  return made;
}
function card(task, item) {
  const [id, right, prompt, answers, taken, gold] = item;
  const box = element("div", undefined, "item");
  const head = element("div", task + " " + id + " ", "head");
  if (right >= 0) head.append(element("span", right ? "right" : "wrong", right ? "right" : "wrong"));
  box.append(head);
  box.append(element("pre", prompt));
  const table = element("table");
  const golds = new Set(gold.split(" | "));
  answers.forEach(([text, figure], i) => {
    const row = element("tr", undefined, (taken >= 0 && i === taken ? "taken " : "") + (taken >= 0 && golds.has(String(i)) ? "gold" : ""));
    row.append(element("td", taken < 0 ? "answer" : i === taken ? "taken" : ""), element("td", text), element("td", figure));
    table.append(row);
  });
  if (taken < 0 && gold) {
    const row = element("tr", undefined, "gold");
    row.append(element("td", "expected"), element("td", gold), element("td"));
    table.append(row);
  }
  box.append(table);
  return box;
}
function more() {
  for (const [task, item] of found.slice(shown, shown + PAGE)) {
    const box = card(task, item);
    at("items").append(box);
    const prompt = box.querySelector("pre");
    prompt.scrollTop = prompt.scrollHeight; // the question stands below the examples
  }
  shown = Math.min(found.length, shown + PAGE);
  at("more").hidden = shown === found.length;
  at("count").textContent = found.length + " items";
}
function search() {
  const words = at("find").value.toLowerCase().split(/\s+/).filter(word => word);
  const show = at("show").value;
  found = [];
  for (const {task, items} of tasks) {
    if (at("task").value && at("task").value !== task) continue;
    for (const item of items) {
      if (show === "wrong" && item[1] !== 0 || show === "right" && item[1] !== 1) continue;
      const text = words.length ? (item[2] + " " + item[3].join(" ") + " " + item[5]).toLowerCase() : "";
      if (words.every(word => text.includes(word))) found.push([task, item]);
    }
  }
  shown = 0;
  at("items").textContent = "";
  more();
}
const every = element("option", "all tasks");
every.value = "";
at("task").append(every);
for (const {task} of tasks) at("task").append(element("option", task));
at("task").onchange = at("show").onchange = at("find").oninput = search;
at("more").onclick = more;
search();
