// How the page looks and how it is used without a mouse. With PICTURES=FOLDER, pictures of it are written there.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { choose, launch, open, send, set, settled } from "./browser.mjs";

const PICTURES = process.env.PICTURES;
const PHONE = { viewport: { width: 375, height: 720 }, hasTouch: true, isMobile: true, deviceScaleFactor: 2 };

/** Written by hand: the pictures are to show the page, and the base model in the test has no such things to say. */
const EXAMPLE = `A string is a sequence, so a **slice** with step −1 walks it from the end:

\`\`\`python
def reverse(text: str) -> str:
    """The text from back to front."""
    return text[::-1]  # a new string; the old one stays

print(reverse("Gemma"))
\`\`\`

- \`reversed(text)\` gives an iterator instead
- letters that are made of *several* code points need more care

| expression | value |
|---|--:|
| \`"abc"[::-1]\` | "cba" |
| \`"abcde"[::-2]\` | "eca" |
`;

let browser;

before(async () => {
  browser = await launch();
});

after(() => browser.close());

async function picture(page, name, prepared = true) {
  if (PICTURES) {
    await page.waitForTimeout(250); // transitions are over
    if (prepared) {
      await page.locator(".took").evaluateAll((all) => all.forEach((took) => took.remove())); // nothing took any time
    }
    await page.screenshot({ path: `${PICTURES}/${name}.png` });
  }
}

const ground = (page) =>
  page.evaluate(() => {
    const [r, g, b] = getComputedStyle(document.body).backgroundColor.match(/\d+/g).map(Number);
    return r + g + b > 382 ? "light" : "dark";
  });

async function converse(page) {
  await choose(page, "Chat");
  await send(page, "How do I reverse a string in Python?");
  await settled(page);
}

test("colours follow the system until the switch says otherwise, and the choice is kept", async () => {
  for (const scheme of ["light", "dark"]) {
    const { page, seen, close } = await open(browser, {
      answers: [{ text: EXAMPLE }],
      context: { colorScheme: scheme },
    });
    assert.equal(await ground(page), scheme);
    await converse(page);
    await page.mouse.move(600, 700);
    await picture(page, scheme);
    const other = scheme === "light" ? "dark" : "light";
    const button = page.locator("#theme");
    await button.click();
    while (!(await button.getAttribute("aria-label")).toLowerCase().startsWith(other)) {
      await button.click();
    }
    assert.equal(await ground(page), other);
    await page.reload();
    assert.equal(await ground(page), other);
    assert.deepEqual(seen.faults, []);
    await close();
  }
});

test("text stands out from its ground in both colours", async () => {
  for (const colorScheme of ["light", "dark"]) {
    const { page, close } = await open(browser, { answers: [{ text: EXAMPLE }], context: { colorScheme } });
    await converse(page);
    const faint = await page.evaluate(() => {
      const channel = (c) => (c / 255 <= 0.04045 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4);
      const parse = (color) => color.match(/[\d.]+/g).map(Number);
      const light = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
      const behind = (element) => {
        for (let at = element; at; at = at.parentElement) {
          const color = parse(getComputedStyle(at).backgroundColor);
          if (color.length === 3) {
            return color;
          }
        }
        return [255, 255, 255];
      };
      const found = [];
      for (const element of document.querySelectorAll("body *")) {
        const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim() !== "");
        if (own && element.checkVisibility()) {
          const [a, b] = [light(parse(getComputedStyle(element).color)), light(behind(element))].sort((x, y) => y - x);
          if ((a + 0.05) / (b + 0.05) < 4.5) {
            found.push(`${element.tagName}.${element.className}: ${((a + 0.05) / (b + 0.05)).toFixed(2)}`);
          }
        }
      }
      return found;
    });
    assert.deepEqual(faint, [], colorScheme);
    await close();
  }
});

test("on a phone nothing is wider than the screen and both panels are drawers", async () => {
  const { page, seen, close } = await open(browser, { answers: [{ text: EXAMPLE }], context: PHONE });
  const fits = async (where) => {
    const width = await page.evaluate(() => document.documentElement.scrollWidth);
    assert.ok(width <= 375, `${where}: ${width}`);
  };
  const onScreen = (id) =>
    page.locator(id).evaluate((panel) => {
      const { left, right } = panel.getBoundingClientRect();
      return getComputedStyle(panel).visibility === "visible" && right > 0 && left < innerWidth && right > left;
    });
  await converse(page);
  await fits("a chat");
  assert.ok((await page.locator("#turns").evaluate((turns) => turns.scrollWidth)) <= 375);
  await page.locator("#scroll").evaluate((scroll) => scroll.scrollTo(0, 0));
  await picture(page, "phone");
  assert.equal(await onScreen("#sidebar"), false);
  await page.getByRole("button", { name: "Conversations" }).tap();
  await page.waitForTimeout(300);
  assert.equal(await onScreen("#sidebar"), true);
  await page.keyboard.press("Escape");
  await page.waitForTimeout(300);
  assert.equal(await onScreen("#sidebar"), false);
  await page.getByRole("button", { name: "Settings" }).tap();
  assert.equal(await onScreen("#settings"), true);
  await fits("settings");
  await page.locator("#shade").tap({ position: { x: 5, y: 300 } });
  assert.equal(await onScreen("#settings"), false);
  await page.reload(); // the tiny model has no room for what was said
  await page.getByRole("button", { name: "Compare two models" }).tap();
  await fits("two models");
  await set(page, "Most tokens", "5");
  await send(page, "Hello");
  await settled(page);
  const [a, b] = await page
    .locator(".answers.n2 .answer")
    .evaluateAll((all) => all.map((x) => x.getBoundingClientRect().y));
  assert.ok(b > a, "answers stand one below the other");
  await fits("compared");
  for (const name of ["Compare two models", "Settings", "Send"]) {
    const box = await page.getByRole("button", { name, exact: true }).boundingBox();
    assert.ok(box.width >= 30 && box.height >= 30, name);
  }
  assert.deepEqual(seen.faults, []);
  await close();
});

test("the keyboard reaches everything in the order in which it stands", async () => {
  const { page, close } = await open(browser, { answers: [{ text: "Fine.", pause: 20 }] });
  await page.locator("#prompt:focus").waitFor(); // one can begin to write at once
  await page.evaluate(() => document.activeElement.blur());
  const order = [];
  for (let i = 0; i < 14; i++) {
    await page.keyboard.press("Tab");
    order.push(await page.evaluate(() => document.activeElement.id || document.activeElement.className));
  }
  const wanted = ["skip", "new", "export", "import", "model", "compare", "theme", "open-settings", "prompt", "send"];
  const round = order.slice(order.indexOf("skip")).filter((id) => wanted.includes(id));
  assert.deepEqual(round.slice(0, wanted.length), wanted);
  await page.locator("#open-settings").focus();
  await page.keyboard.press("Enter");
  assert.ok(await page.evaluate(() => document.getElementById("settings").contains(document.activeElement)));
  await page.keyboard.press("Escape");
  assert.equal(await page.evaluate(() => document.activeElement.id), "open-settings");
  await choose(page, "Chat");
  await send(page, "How are you?");
  await page.locator("#status").getByText("The model is writing.").waitFor({ state: "attached" });
  await settled(page);
  assert.equal(await page.locator("#status").innerText(), "Fine.");
  assert.equal(await page.evaluate(() => document.activeElement.id), "prompt");
  await close();
});

test("every control has a name", async () => {
  const { page, close } = await open(browser, { answers: [{ text: EXAMPLE }] });
  await converse(page);
  await page.getByRole("button", { name: "Settings" }).click();
  const nameless = await page.evaluate(() =>
    [...document.querySelectorAll("button, input, textarea, select")]
      .filter((control) => control.checkVisibility())
      .filter((control) => {
        const label = control.getAttribute("aria-label") || control.labels?.[0]?.textContent || control.textContent;
        return label.trim() === "";
      })
      .map((control) => control.outerHTML),
  );
  assert.deepEqual(nameless, []);
  await close();
});

test("code can be copied", async () => {
  const { page, close } = await open(browser, { answers: [{ text: EXAMPLE }] });
  await converse(page);
  assert.ok((await page.locator(".code .hljs-keyword").count()) > 0);
  await page.getByRole("button", { name: "Copy code" }).click();
  await page.getByRole("button", { name: "Copied" }).waitFor();
  const copied = await page.evaluate(() => navigator.clipboard.readText());
  assert.ok(copied.startsWith("def reverse(text: str)") && copied.endsWith('print(reverse("Gemma"))\n'), copied);
  await close();
});

test("a page that is scrolled up stays where it is while an answer grows", async () => {
  const long = Array.from({ length: 120 }, (_, i) => `Line ${i}.`).join("\n\n");
  const { page, close } = await open(browser, { answers: [{ text: long }, { text: long, pause: 10 }] });
  await choose(page, "Chat");
  await send(page, "Count");
  await settled(page);
  const place = page.locator("#scroll");
  const toTheEnd = () =>
    page.waitForFunction(() => {
      const scroll = document.getElementById("scroll"); // it follows a frame behind what was written
      return scroll.scrollHeight - scroll.clientHeight - scroll.scrollTop < 5;
    });
  await toTheEnd();
  await send(page, "Again");
  await page.locator(".answer").nth(1).getByText("Line 40.").waitFor();
  await toTheEnd();
  await place.evaluate((scroll) => scroll.scrollTo(0, 100));
  await settled(page);
  assert.equal(await place.evaluate((scroll) => scroll.scrollTop), 100);
  await close();
});

test("pictures of probabilities and of two models", { skip: !PICTURES && "PICTURES is not set" }, async () => {
  const { page, close } = await open(browser);
  await set(page, "Most tokens", "60");
  await send(page, "The seasons of the year are");
  await settled(page);
  await page.locator(".token.p1, .token.p2").nth(3).hover();
  await picture(page, "probabilities", false);
  await page.getByRole("button", { name: "New conversation", exact: true }).first().click();
  await page.getByRole("button", { name: "Compare two models" }).click();
  await page.getByLabel("Model to compare with").selectOption({ index: process.env.JEMMA_OTHER ? 2 : 1 });
  await page.mouse.move(600, 600);
  await send(page, "The three primary colours are");
  await settled(page);
  await picture(page, "compare", false);
  await close();
});
