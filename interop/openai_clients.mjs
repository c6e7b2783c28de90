/*
 * The official openai package for JavaScript against a running `jemma serve`.
 *
 *     npm --prefix interop install --no-package-lock
 *     ./jemma serve gemma3-270m --port 8080 &
 *     node interop/openai_clients.mjs http://127.0.0.1:8080 [KEY]
 *
 * The same checks as openai_clients.py: chat, streams, log-probabilities, JSON Schema, functions, completions, errors by
 * name, and embeddings if an embedding model is served. Ends with status 1 at the first answer that is not as OpenAI's
 * interface has it.
 */

import assert from "node:assert/strict";
import OpenAI from "openai";

const COLOUR = {
  type: "object",
  properties: {
    name: { type: "string", maxLength: 20 },
    shade: { type: "string", enum: ["light", "dark"] },
    parts: { type: "array", items: { type: "integer", minimum: 0, maximum: 255 }, maxItems: 3 },
  },
  required: ["name", "shade", "parts"],
  additionalProperties: false,
};
const TOOLS = [
  {
    type: "function",
    function: {
      name: "weather",
      description: "The weather in a city.",
      strict: true,
      parameters: {
        type: "object",
        properties: { city: { type: "string", maxLength: 30 }, days: { type: "integer", minimum: 1, maximum: 7 } },
        required: ["city", "days"],
        additionalProperties: false,
      },
    },
  },
  { type: "function", function: { name: "now", description: "The time." } },
];

const [url, apiKey = "none"] = process.argv.slice(2);
const client = new OpenAI({ baseURL: url + "/v1", apiKey, maxRetries: 0 });
const chats = client.chat.completions;

/** Content, calls and the reason of the end, put together of a stream. */
async function streamed(fields) {
  const all = { content: "", calls: [], finish: null, usage: null };
  for await (const chunk of await chats.create({ ...fields, stream: true })) {
    all.usage = chunk.usage ?? all.usage;
    for (const choice of chunk.choices) {
      all.content += choice.delta.content ?? "";
      for (const call of choice.delta.tool_calls ?? []) {
        if (call.id) {
          assert.equal(call.index, all.calls.length);
          all.calls.push({ name: call.function.name, arguments: "" });
        }
        all.calls[call.index].arguments += call.function.arguments;
      }
      all.finish = choice.finish_reason ?? all.finish;
    }
  }
  return all;
}

async function chat(model) {
  const fields = {
    model,
    messages: [{ role: "user", content: "Say hello." }],
    max_completion_tokens: 12,
    temperature: 0,
  };
  const whole = await chats.create({ ...fields, logprobs: true, top_logprobs: 2 });
  const [choice] = whole.choices;
  assert.equal(whole.usage.total_tokens, whole.usage.prompt_tokens + whole.usage.completion_tokens);
  assert(choice.logprobs.content.every((entry) => entry.top_logprobs.length === 2));
  const pieces = await streamed({ ...fields, stream_options: { include_usage: true } });
  assert.equal(pieces.content, choice.message.content);
  assert.equal(pieces.usage.completion_tokens, whole.usage.completion_tokens);
  console.log("chat, whole and streamed:", JSON.stringify(pieces.content));
}

async function forms(model) {
  const fields = {
    model,
    messages: [{ role: "user", content: "Describe the colour of the sea as JSON." }],
    response_format: { type: "json_schema", json_schema: { name: "colour", strict: true, schema: COLOUR } },
    max_completion_tokens: 200,
    seed: 1,
  };
  const [choice] = (await chats.create(fields)).choices;
  assert.equal(choice.finish_reason, "stop");
  const colour = JSON.parse(choice.message.content);
  assert.deepEqual(Object.keys(colour), ["name", "shade", "parts"]);
  assert(["light", "dark"].includes(colour.shade));
  assert.equal((await streamed(fields)).content, choice.message.content);
  for (let seed = 0; seed < 4; seed++) {
    const both = { ...fields, tools: TOOLS, parallel_tool_calls: false, stop: ["\n\n\n\n"], seed };
    const [either] = (await chats.create(both)).choices;
    if (either.finish_reason === "tool_calls") {
      either.message.tool_calls.forEach(check);
    } else if (either.finish_reason === "stop") {
      assert.deepEqual(Object.keys(JSON.parse(either.message.content)), ["name", "shade", "parts"]);
    }
    const pieces = await streamed(both);
    assert.equal(pieces.content, either.message.content ?? "");
    assert.equal(pieces.finish, either.finish_reason);
  }
  console.log("forms:", JSON.stringify(colour));
}

function check(call) {
  const given = JSON.parse(call.function.arguments);
  if (call.function.name === "weather") {
    assert.deepEqual(Object.keys(given).sort(), ["city", "days"]);
    assert(given.days >= 1 && given.days <= 7);
  } else {
    assert.equal(call.function.name, "now");
    assert.deepEqual(given, {});
  }
}

async function functions(model) {
  const messages = [{ role: "user", content: "Will it rain in Rome in the next three days?" }];
  const fields = { model, messages, tools: TOOLS, max_completion_tokens: 800, seed: 1 };
  const [choice] = (await chats.create({ ...fields, tool_choice: "required" })).choices;
  assert.equal(choice.finish_reason, "tool_calls");
  choice.message.tool_calls.forEach(check);
  const pieces = await streamed({ ...fields, tool_choice: "required" });
  assert.deepEqual(pieces.calls, choice.message.tool_calls.map((call) => ({ ...call.function })));
  assert.equal(pieces.finish, "tool_calls");

  const now = { type: "function", function: { name: "now" } };
  const [named] = (await chats.create({ ...fields, tool_choice: now, parallel_tool_calls: false })).choices;
  assert.deepEqual(named.message.tool_calls.map((call) => call.function.name), ["now"]);

  const [free] = (await chats.create(fields)).choices; // auto: text, or calls that fit
  (free.message.tool_calls ?? []).forEach(check);

  const results = choice.message.tool_calls.map((call) => ({ role: "tool", tool_call_id: call.id, content: "rain" }));
  const [last] = (
    await chats.create({
      ...fields,
      messages: [...messages, choice.message, ...results],
      tool_choice: "none",
      max_completion_tokens: 40,
    })
  ).choices;
  assert(last.message.content && !last.message.tool_calls);
  console.log("functions:", JSON.stringify(pieces.calls), "then", JSON.stringify(last.message.content));
}

async function completions(model) {
  const seeded = [];
  for (const seed of [1, 1]) {
    const answer = await client.completions.create({ model, prompt: "Once", max_tokens: 8, temperature: 1, seed, n: 2 });
    seeded.push(answer.choices.map((choice) => choice.text));
  }
  assert.deepEqual(seeded[0], seeded[1]);
  const prompt = "The capital of France is";
  const [echo] = (await client.completions.create({ model, prompt, max_tokens: 1, echo: true, logprobs: 1 })).choices;
  assert(echo.text.startsWith(prompt));
  assert.equal(echo.logprobs.token_logprobs[0], null);
  assert.equal(echo.logprobs.tokens.length, echo.logprobs.token_logprobs.length);
  console.log("completions: seeds, echo, log-probabilities");
}

async function errors(model) {
  const messages = [{ role: "user", content: "x" }];
  const not = [{ type: "function", function: { name: "f", parameters: { not: {} } } }];
  for (const [fields, param] of [
    [{ temperature: 9 }, "temperature"],
    [{ temprature: 1 }, "temprature"],
    [{ tools: not }, "tools[0].function.parameters"],
  ]) {
    await assert.rejects(chats.create({ model, messages, ...fields }), (error) => {
      assert(error instanceof OpenAI.BadRequestError);
      assert.equal(error.param, param);
      return true;
    });
  }
  await assert.rejects(client.completions.create({ model: "no-such-model", prompt: "x" }), OpenAI.NotFoundError);
  console.log("errors: by name");
}

async function embeddings(models) {
  for (const model of models) {
    try {
      const vectors = await client.embeddings.create({ model, input: ["a text", "another"] });
      for (const { embedding } of vectors.data) {
        assert(Math.abs(embedding.reduce((sum, x) => sum + x * x, 0) - 1) < 1e-3);
      }
      console.log("embeddings:", model, vectors.data[0].embedding.length);
    } catch (error) {
      if (!(error instanceof OpenAI.BadRequestError)) {
        throw error;
      }
    }
  }
}

const models = (await client.models.list()).data.map((model) => model.id);
assert.equal((await client.models.retrieve(models[0])).id, models[0]);
console.log("models:", models.join(" "));
await chat(models[0]);
await forms(models[0]);
await functions(models[0]);
await completions(models[0]);
await errors(models[0]);
await embeddings(models);
console.log("all is well");
