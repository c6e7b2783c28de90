// A headless browser on the page of a running server, and ways to look at it. Addresses come from ../page.sh.

import { chromium } from "playwright-core";

/** The server of a real model and a tiny one, and the one that wants a key. */
export const SERVER = process.env.JEMMA_URL;
export const LOCKED = process.env.JEMMA_LOCKED_URL;
export const KEY = process.env.JEMMA_KEY;

const ARGUMENTS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** Starts a browser with a new, empty profile. */
export function launch() {
  return chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ARGUMENTS });
}

/**
 * Opens the page in a context of its own. What it asks for, what it posts and what goes wrong in it are kept;
 * `answers` are said instead of the model's, in turn.
 */
export async function open(browser, { server = SERVER, path = "/", answers = [], context = {} } = {}) {
  const own = await browser.newContext({ viewport: { width: 1200, height: 800 }, ...context });
  await own.grantPermissions(["clipboard-read", "clipboard-write"]);
  const page = await own.newPage();
  const seen = { requests: [], posts: [], faults: [] };
  page.on("request", (request) => {
    seen.requests.push(request.url());
    if (request.method() === "POST") {
      seen.posts.push(JSON.parse(request.postData()));
    }
  });
  page.on("pageerror", (error) => seen.faults.push(String(error)));
  page.on("console", (line) => line.type() === "error" && seen.faults.push(line.text()));
  if (answers.length > 0) {
    await page.addInitScript(prepared, answers);
  }
  await page.goto(server + path);
  return { page, seen, close: () => own.close() };
}

/** Runs in the page: answers of a hundred pieces, as a server would stream them. */
function prepared(answers) {
  const real = globalThis.fetch;
  const line = (value) => `data: ${JSON.stringify(value)}\n\n`;
  globalThis.fetch = async (path, options) => {
    if (!String(path).endsWith("completions") || answers.length === 0) {
      return real(path, options);
    }
    const { text, status = 200, pause = 0, breaksOff = false } = answers.shift();
    if (status !== 200) {
      const headers = { "Content-Type": "application/json", "Retry-After": "3" };
      return new Response(JSON.stringify({ error: { message: text } }), { status, headers });
    }
    const pieces = text.match(/[^]{1,5}/gu) ?? [];
    const lines = pieces.map((content) => line({ choices: [{ index: 0, delta: { content }, finish_reason: null }] }));
    lines.push(line({ choices: [{ index: 0, delta: {}, finish_reason: "stop" }] }));
    lines.push(line({ choices: [], usage: { completion_tokens: pieces.length } }), "data: [DONE]\n\n");
    const body = new ReadableStream({
      async start(stream) {
        for (const part of breaksOff ? lines.slice(0, pieces.length) : lines) {
          await new Promise((done) => setTimeout(done, pause));
          stream.enqueue(new TextEncoder().encode(part));
        }
        stream.close();
      },
    });
    return new Response(body, { headers: { "Content-Type": "text/event-stream" } });
  };
}

/** Chooses chat or completion. */
export async function choose(page, mode) {
  await page.getByRole("button", { name: "Settings" }).click();
  await page.getByLabel(mode, { exact: true }).check({ force: true });
  await page.getByRole("button", { name: "Close" }).click();
}

/** Sets a parameter by its label. */
export async function set(page, label, value) {
  await page.getByRole("button", { name: "Settings" }).click();
  await page.getByLabel(label, { exact: true }).fill(value);
  await page.getByRole("button", { name: "Close" }).click();
}

/** Writes a prompt and sends it with Enter. */
export async function send(page, text) {
  await page.locator("#prompt").fill(text);
  await page.locator("#prompt").press("Enter");
}

/** Waits until nothing is being written. */
export async function settled(page) {
  await page.locator("#send").waitFor({ state: "visible", timeout: 120_000 });
  await page.locator(".answer.running").waitFor({ state: "detached" });
}
