"""The official openai client against a running `jemma serve`.

    python -m venv venv && venv/bin/pip install openai==3.54.0
    ./jemma serve gemma3-270m --port 8080 &
    venv/bin/python interop/openai_clients.py http://127.0.0.1:8080 [KEY]

Chat, streams, log-probabilities, completions with echo, token ids and batches, errors by name, and embeddings if an
embedding model is served. Ends with status 1 at the first answer that is not as OpenAI's interface has it.
"""

import sys

import openai


def main(url, key="none"):
    client = openai.OpenAI(base_url=url + "/v1", api_key=key, max_retries=0)
    models = [model.id for model in client.models.list()]
    print("models:", models)
    model = models[0]
    messages = [{"role": "user", "content": "Say hello."}]

    chat = client.chat.completions.create(
        model=model, messages=messages, max_completion_tokens=12, temperature=0, logprobs=True, top_logprobs=2
    )
    text = chat.choices[0].message.content
    assert chat.usage.total_tokens == chat.usage.prompt_tokens + chat.usage.completion_tokens
    assert all(len(entry.top_logprobs) == 2 for entry in chat.choices[0].logprobs.content)

    stream = client.chat.completions.create(
        model=model,
        messages=messages,
        max_completion_tokens=12,
        temperature=0,
        stream=True,
        stream_options={"include_usage": True},
    )
    pieces, usage = [], None
    for chunk in stream:
        pieces += [choice.delta.content or "" for choice in chunk.choices]
        usage = chunk.usage or usage
    assert "".join(pieces) == text, (pieces, text)
    assert usage.completion_tokens == chat.usage.completion_tokens
    print("chat, whole and streamed:", repr(text))

    seeded = [
        client.completions.create(model=model, prompt="Once", max_tokens=8, temperature=1, seed=seed, n=2)
        for seed in (1, 1, 2)
    ]
    texts = [[choice.text for choice in answer.choices] for answer in seeded]
    assert texts[0] == texts[1], texts
    echo = client.completions.create(
        model=model, prompt="The capital of France is", max_tokens=1, echo=True, logprobs=1, temperature=0
    ).choices[0]
    assert echo.text.startswith("The capital of France is")
    assert echo.logprobs.token_logprobs[0] is None
    assert len(echo.logprobs.tokens) == len(echo.logprobs.token_logprobs) == len(echo.logprobs.top_logprobs)
    batch = client.completions.create(model=model, prompt=["One", "Two"], max_tokens=4, temperature=0)
    assert [choice.index for choice in batch.choices] == [0, 1]
    print("completions: seeds, echo, log-probabilities, batches")

    with client.chat.completions.with_streaming_response.create(
        model=model, messages=messages, max_completion_tokens=200, stream=True
    ) as cut:
        next(cut.iter_lines())  # and away: the server ends the generation

    for fields, param in (
        ({"temperature": 9}, "temperature"),
        ({"extra_body": {"temprature": 1}}, "temprature"),
        ({"tools": [{"type": "function", "function": {"name": "f", "parameters": {}}}]}, "tools"),
    ):
        try:
            client.chat.completions.create(model=model, messages=messages, **fields)
        except openai.BadRequestError as error:
            assert error.param == param, (error.param, param)
        else:
            raise AssertionError(param + " was not refused")
    try:
        client.completions.create(model="no-such-model", prompt="x")
    except openai.NotFoundError as error:
        assert error.code == "model_not_found"
    else:
        raise AssertionError("a model that is not there answered")
    print("errors: by name, with param and code")

    for name in models:
        try:
            vectors = client.embeddings.create(model=name, input=["a text", "another"])
        except openai.BadRequestError:
            continue
        lengths = [sum(x * x for x in entry.embedding) for entry in vectors.data]
        assert all(abs(length - 1) < 1e-3 for length in lengths), lengths
        print("embeddings:", name, len(vectors.data[0].embedding))
    print("all is well")


if __name__ == "__main__":
    main(*sys.argv[1:])
