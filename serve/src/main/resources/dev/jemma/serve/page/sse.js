// Server-sent events of a response's body.

/** The data of each event, as it comes; ends at "[DONE]". An answer that breaks off before that is an error. */
export async function* events(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) {
        throw new Error("the answer broke off: the server ended the connection");
      }
      const lines = (rest + value).split(/\r?\n/);
      rest = lines.pop();
      for (const line of lines) {
        if (!line.startsWith("data:")) {
          continue; // comments keep the connection open; our server sends no other fields
        }
        const data = line.slice(5).trimStart();
        if (data === "[DONE]") {
          return;
        }
        yield data;
      }
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}
