"""The official openai client against a running `jemma serve`.

    python -m venv venv && venv/bin/pip install openai==3.54.0
    ./jemma serve gemma3-270m --port 8080 &
    venv/bin/python interop/openai_clients.py http://127.0.0.1:8080 [KEY]

Chat, streams, log-probabilities, JSON Schema, functions, completions with echo, token ids and batches, errors by name,
and embeddings if an embedding model is served. Ends with status 1 at the first answer that is not as OpenAI's interface
has it. interop/clients.sh starts the server and runs this and its sibling in JavaScript.
"""

import json
import sys

import openai


COLOUR = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "maxLength": 20},
        "shade": {"type": "string", "enum": ["light", "dark"]},
        "parts": {"type": "array", "items": {"type": "integer", "minimum": 0, "maximum": 255}, "maxItems": 3},
    },
    "required": ["name", "shade", "parts"],
    "additionalProperties": False,
}
TOOLS = [
    {
        "type": "function",
        "function": {
            "name": "weather",
            "description": "The weather in a city.",
            "strict": True,
            "parameters": {
                "type": "object",
                "properties": {"city": {"type": "string", "maxLength": 30}, "days": {"type": "integer", "minimum": 1, "maximum": 7}},
                "required": ["city", "days"],
                "additionalProperties": False,
            },
        },
    },
    {"type": "function", "function": {"name": "now", "description": "The time."}},
]


def streamed(client, fields):
    """Content, calls and the reason of the end, put together of a stream."""
    content, calls, finish = "", [], None
    for chunk in client.chat.completions.create(**fields, stream=True):
        for choice in chunk.choices:
            content += choice.delta.content or ""
            for call in choice.delta.tool_calls or []:
                if call.id:
                    assert call.index == len(calls) and call.type == "function", call
                    calls.append((call.function.name, ""))
                name, arguments = calls[call.index]
                calls[call.index] = (name, arguments + call.function.arguments)
            finish = choice.finish_reason or finish
    return content, calls, finish


def forms(client, model):
    messages = [{"role": "user", "content": "Describe the colour of the sea as JSON."}]
    form = {"type": "json_schema", "json_schema": {"name": "colour", "strict": True, "schema": COLOUR}}
    for seed in range(3):
        fields = dict(model=model, messages=messages, response_format=form, max_completion_tokens=200, seed=seed)
        answer = client.chat.completions.create(**fields).choices[0]
        assert answer.finish_reason == "stop", answer
        colour = json.loads(answer.message.content)
        assert colour["shade"] in ("light", "dark") and len(colour["name"]) <= 20, colour
        assert set(colour) == set(COLOUR["properties"]), colour
        assert streamed(client, fields)[0] == answer.message.content
    free = client.chat.completions.create(
        model=model, messages=messages, response_format={"type": "json_object"}, max_completion_tokens=300
    ).choices[0]
    if free.finish_reason == "stop":
        assert isinstance(json.loads(free.message.content), dict)
    for seed in range(4):
        fields.update(tools=TOOLS, parallel_tool_calls=False, stop=["\n\n\n\n"], seed=seed)
        either = client.chat.completions.create(**fields).choices[0]
        if either.finish_reason == "tool_calls":
            for call in either.message.tool_calls:
                check_call(call)
        elif either.finish_reason == "stop":
            assert set(json.loads(either.message.content)) == set(COLOUR["properties"]), either
        assert streamed(client, fields)[0] == (either.message.content or "")
    print("forms:", json.dumps(colour))


def check_call(call):
    arguments = json.loads(call.function.arguments)
    if call.function.name == "weather":
        assert set(arguments) == {"city", "days"} and 1 <= arguments["days"] <= 7, arguments
    else:
        assert call.function.name == "now" and arguments == {}, call


def functions(client, model):
    messages = [{"role": "user", "content": "Will it rain in Rome in the next three days?"}]
    fields = dict(model=model, messages=messages, tools=TOOLS, max_completion_tokens=800, seed=1)
    answer = client.chat.completions.create(**fields, tool_choice="required").choices[0]
    assert answer.finish_reason == "tool_calls" and answer.message.tool_calls, answer
    for call in answer.message.tool_calls:
        check_call(call)

    said = [(call.function.name, call.function.arguments) for call in answer.message.tool_calls]
    assert streamed(client, fields | {"tool_choice": "required"}) == ("", said, "tool_calls")

    named = client.chat.completions.create(
        **fields, tool_choice={"type": "function", "function": {"name": "now"}}, parallel_tool_calls=False
    ).choices[0]
    assert [call.function.name for call in named.message.tool_calls] == ["now"], named

    free = client.chat.completions.create(**fields).choices[0]  # auto: text, or calls that fit
    for call in free.message.tool_calls or []:
        check_call(call)

    results = [{"role": "tool", "tool_call_id": call.id, "content": '{"rain": true}'} for call in answer.message.tool_calls]
    last = client.chat.completions.create(
        model=model, messages=messages + [answer.message] + results, tools=TOOLS, tool_choice="none", max_completion_tokens=40
    ).choices[0]
    assert last.message.content and not last.message.tool_calls, last
    print("functions:", said, "then", repr(last.message.content))


def main(url, key="none"):
    client = openai.OpenAI(base_url=url + "/v1", api_key=key, max_retries=0)
    models = [model.id for model in client.models.list()]
    assert client.models.retrieve(models[0]).id == models[0]
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

    forms(client, model)
    functions(client, model)

    with client.chat.completions.with_streaming_response.create(
        model=model, messages=messages, max_completion_tokens=200, stream=True
    ) as cut:
        next(cut.iter_lines())  # and away: the server ends the generation

    for fields, param in (
        ({"temperature": 9}, "temperature"),
        ({"extra_body": {"temprature": 1}}, "temprature"),
        ({"tools": [{"type": "function", "function": {"name": "f", "parameters": {"not": {}}}}]}, "tools[0].function.parameters"),
        ({"reasoning_effort": "high"}, "reasoning_effort"),
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
