// What people do on the page, with a real model behind it.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { choose, launch, open, send, set, settled } from "./browser.mjs";

let browser;

before(async () => {
  browser = await launch();
});

after(() => browser.close());

/** A test on a page of its own, at whose end nothing may have gone wrong on it. */
function onPage(name, options, body) {
  test(name, async () => {
    const opened = await open(browser, options);
    try {
      await body(opened.page, opened.seen);
      assert.deepEqual(opened.seen.faults, []);
    } finally {
      await opened.close();
    }
  });
}

const texts = (page) => page.locator(".answer .body").allTextContents();

onPage("a base model writes a text on, and more of it when asked", {}, async (page, seen) => {
  await set(page, "Most tokens", "8");
  await send(page, "The capital of France is");
  await settled(page);
  const [first] = await texts(page);
  assert.ok(first.length > 5, first);
  await page.getByRole("button", { name: "Go on writing" }).click();
  await settled(page);
  const [both] = await texts(page);
  assert.ok(both.startsWith(first) && both.length > first.length, both);
  assert.equal(seen.posts[1].prompt, `The capital of France is${first}`);
  assert.ok(seen.posts.every((post) => post.max_tokens === 8 && post.stream && post.logprobs === 5));
});

onPage("a chat sends the system prompt, the parameters and all that was said", {}, async (page, seen) => {
  await choose(page, "Chat");
  await page.getByRole("button", { name: "Settings" }).click();
  await page.getByLabel("System prompt").fill("Be brief.");
  for (const [label, value] of Object.entries({
    Temperature: "0.5",
    "Top-p": "0.9",
    "Top-k": "40",
    "Most tokens": "6",
    Seed: "7",
  })) {
    await page.getByLabel(label, { exact: true }).fill(value);
  }
  await page.getByLabel("Stop at").fill("###\n\\n\\n");
  await page.getByRole("button", { name: "Close" }).click();
  await send(page, "Hello");
  await settled(page);
  await page.locator("#prompt").fill("Line one");
  await page.locator("#prompt").press("Shift+Enter");
  await page.locator("#prompt").pressSequentially("line two");
  await page.locator("#prompt").press("Enter");
  await settled(page);
  const { messages, model, ...rest } = seen.posts[1];
  assert.equal(model, "gemma");
  assert.deepEqual(rest, {
    temperature: 0.5,
    top_p: 0.9,
    top_k: 40,
    max_tokens: 6,
    seed: 7,
    stop: ["###", "\n\n"],
    logprobs: true,
    top_logprobs: 5,
    stream: true,
    stream_options: { include_usage: true },
  });
  assert.deepEqual(
    messages.map((message) => message.role),
    ["system", "user", "assistant", "user"],
  );
  assert.equal(messages[0].content, "Be brief.");
  assert.equal(messages[3].content, "Line one\nline two");
});

onPage("an answer grows while it is written, and Escape ends it", {}, async (page, seen) => {
  await set(page, "Most tokens", "4000");
  await send(page, "Once upon a time");
  await page.locator(".token").nth(20).waitFor();
  assert.equal(await page.locator(".answer.running").count(), 1);
  assert.equal(await page.locator(".answer").getAttribute("aria-busy"), "true");
  const before = await page.locator(".token").count();
  await page.waitForFunction((n) => document.querySelectorAll(".token").length > n + 10, before);
  await page.keyboard.press("Escape");
  await settled(page);
  assert.match(await page.locator(".took").innerText(), /stopped/);
  const stopped = (await texts(page))[0];
  await page.waitForTimeout(300);
  assert.equal((await texts(page))[0], stopped);
  await send(page, "Two");
  await page.locator(".answer").nth(1).locator(".token").nth(3).waitFor();
  await page.getByRole("button", { name: "Stop" }).click(); // the button does the same
  await settled(page);
  assert.equal(seen.posts.length, 2);
});

onPage("an answer can be written again, with another seed to another end", {}, async (page, seen) => {
  await set(page, "Temperature", "1.5");
  await set(page, "Most tokens", "12");
  await set(page, "Seed", "1");
  await send(page, "My favourite animal is");
  await settled(page);
  const [one] = await texts(page);
  const again = page.getByRole("button", { name: "Write it again" });
  await again.click();
  await settled(page);
  assert.deepEqual(await texts(page), [one]);
  await set(page, "Seed", "2");
  await again.click();
  await settled(page);
  assert.notDeepEqual(await texts(page), [one]);
  assert.deepEqual(
    seen.posts.map((post) => post.seed),
    [1, 1, 2],
  );
});

onPage("a changed message is asked again and what followed it is dropped", {}, async (page, seen) => {
  await choose(page, "Chat");
  await set(page, "Most tokens", "4");
  for (const text of ["One", "Two", "Three"]) {
    await send(page, text);
    await settled(page);
  }
  const second = page.locator(".asked").nth(1);
  await second.hover();
  await second.getByRole("button", { name: /Change this/ }).click();
  await page.getByRole("textbox", { name: "Message" }).first().fill("Zwei");
  await page.getByRole("button", { name: "Ask again", exact: true }).click();
  await settled(page);
  assert.deepEqual(await page.locator(".asked .text").allInnerTexts(), ["One", "Zwei"]);
  const asked = seen.posts.at(-1).messages.filter((message) => message.role === "user");
  assert.deepEqual(
    asked.map((message) => message.content),
    ["One", "Zwei"],
  );
});

onPage("the model goes on from an answer that was changed", { answers: [{ text: "Paris" }] }, async (page, seen) => {
  await choose(page, "Chat");
  await set(page, "Most tokens", "4");
  await send(page, "Capital?");
  await settled(page);
  await page.getByRole("button", { name: "Change this answer" }).click();
  await page.getByRole("textbox", { name: "Answer" }).fill("**Rome**");
  await page.getByRole("button", { name: "Save" }).click();
  assert.equal(await page.locator(".body strong").innerText(), "Rome");
  await send(page, "Sure?");
  await settled(page);
  assert.deepEqual(seen.posts.at(-1).messages[1], { role: "assistant", content: "**Rome**" });
});

onPage("two models answer one prompt side by side, each from its own past", {}, async (page, seen) => {
  await set(page, "Most tokens", "6");
  await choose(page, "Chat");
  await page.getByRole("button", { name: "Compare two models" }).click();
  assert.equal(await page.getByLabel("Model to compare with").inputValue(), "tiny");
  await send(page, "Hello");
  await settled(page);
  await send(page, "And?");
  await settled(page);
  assert.deepEqual(await page.locator(".name").allInnerTexts(), ["gemma", "tiny", "gemma", "tiny"]);
  const boxes = await page.locator(".answer").evaluateAll((all) => all.map((a) => a.getBoundingClientRect().x));
  assert.ok(boxes[1] > boxes[0]);
  const second = seen.posts.slice(2);
  const [gemma, tiny] = ["gemma", "tiny"].map((name) => second.find((post) => post.model === name));
  assert.notEqual(gemma.messages[1].content, tiny.messages[1].content);
});

onPage("each token shows its probability and what else could have come", {}, async (page) => {
  await set(page, "Most tokens", "10");
  await send(page, "The capital of France is");
  await settled(page);
  const box = page.getByRole("tooltip");
  assert.equal(await box.isVisible(), false);
  await page.locator(".token").nth(2).hover();
  await box.waitFor();
  const numbers = (await box.locator(".number").allInnerTexts()).map(parseFloat);
  assert.ok(numbers.length >= 5);
  assert.deepEqual(
    numbers,
    [...numbers].sort((a, b) => b - a),
  );
  assert.ok(numbers.reduce((a, b) => a + b) <= 101);
  assert.equal(await box.locator(".chosen").count(), 1);
  const widths = await box.locator(".share").evaluateAll((all) => all.map((bar) => bar.getBoundingClientRect().width));
  assert.ok(widths[0] > widths.at(-1));
  await page.mouse.move(2, 2);
  assert.equal(await box.isVisible(), false);
  await page.locator(".token").first().focus(); // and by keyboard
  const first = await box.innerText();
  await page.keyboard.press("ArrowRight");
  assert.notEqual(await box.innerText(), first);
  await page.keyboard.press("Escape");
  assert.equal(await box.isVisible(), false);
});

onPage("a chat's answer changes between Markdown and tokens", {}, async (page) => {
  await choose(page, "Chat");
  await set(page, "Most tokens", "8");
  await send(page, "Hello");
  await settled(page);
  const toggle = page.getByRole("button", { name: "Probabilities" });
  assert.equal(await page.locator(".token").count(), 0);
  await toggle.click();
  assert.ok((await page.locator(".token").count()) > 0);
  assert.equal(await toggle.getAttribute("aria-pressed"), "true");
  await toggle.click();
  assert.equal(await page.locator(".token").count(), 0);
});
