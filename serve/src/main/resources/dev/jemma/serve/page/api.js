// What the server is asked. All paths are the documented ones; nothing here is for the page alone.

import { askForKey, authorization } from "./key.js";
import { events } from "./sse.js";

/** What the server said instead of an answer. */
export class ApiError extends Error {
  constructor(status, message, retryAfter) {
    super(message);
    this.status = status;
    this.retryAfter = retryAfter;
  }
}

async function refusal(response) {
  let message = `the server answered with status ${response.status}`;
  try {
    message = (await response.json()).error.message ?? message;
  } catch {
    // no JSON: the status has to do
  }
  return new ApiError(response.status, message, Number(response.headers.get("Retry-After")) || 0);
}

async function call(path, options) {
  for (;;) {
    const headers = { ...options.headers, ...authorization() };
    let response;
    try {
      response = await fetch(path, { ...options, headers, credentials: "omit", redirect: "error" });
    } catch (error) {
      if (error.name === "AbortError") {
        throw error;
      }
      throw new ApiError(0, "the server cannot be reached", 0);
    }
    if (response.ok) {
      return response;
    }
    const error = await refusal(response);
    if (response.status !== 401 || !(await askForKey())) {
      throw error;
    }
  }
}

/** The models that are served. */
export async function listModels() {
  return (await (await call("/v1/models", {})).json()).data;
}

/** The pieces of an answer as they come. */
export async function* stream(path, body, signal) {
  const response = await call(path, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ ...body, stream: true, stream_options: { include_usage: true } }),
    signal,
  });
  for await (const data of events(response.body)) {
    const piece = JSON.parse(data);
    if (piece.error) {
      throw new ApiError(200, piece.error.message, 0);
    }
    yield piece;
  }
}
