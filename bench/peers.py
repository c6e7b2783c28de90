"""Measures a peer on the tests of `jemma bench` and prints JSON: {"peer": ..., "results": [{"test", "samples"}]}.

    peers.py llama.cpp|ik_llama.cpp MODEL.gguf --tests pp512,tg128,tg64x16 --threads 2 -r 1 -w 1
    peers.py llama.cpp|ik_llama.cpp MODEL.gguf --start PROMPT    writes a byte at the first token, nothing else

ppN and tgN[@dD][xR] mean what they mean in `jemma bench`. llama.cpp is measured by the timings that its own server
reports (module xllamacpp), ik_llama.cpp around llama_decode (module ik_llama_cpp). A library built by hand is used
where IK_LLAMA_CPP_LIB_PATH names it, if it is of the age that the module was made for.
"""

import argparse
import ctypes
import json
import os
import pathlib
import random
import re
import resource
import sys
import time
from concurrent.futures import ThreadPoolExecutor

BOS = 2
BATCH_ROWS = 512


class Test:
    """ppN: prompt = N; tgN@dDxR: generate = N, depth = D, rows = R."""

    def __init__(self, name):
        match = re.fullmatch(r"(pp|tg)(\d+)(?:@d(\d+))?(?:x(\d+))?", name)
        if not match:
            sys.exit(f"{name} is no test: ppN or tgN[@dD][xR]")
        self.name = name
        n = int(match[2])
        self.prompt, self.generate = (n, 0) if match[1] == "pp" else (0, n)
        self.depth = int(match[3] or 0)
        self.rows = int(match[4] or 1)
        # what the cache must hold for each row; llama.cpp rounds to 256
        self.context = -(-(n + self.depth + 8) // 256) * 256


def prompt_ids(rng, length):
    """<bos> and ordinary pieces, whatever the vocabulary's first ids are."""
    return [BOS] + [rng.randrange(1000, 200_000) for _ in range(length - 1)]


class LlamaCpp:
    """llama.cpp's server inside this process; one for each number of rows, so that none has idle slots."""

    def __init__(self, model, threads):
        import xllamacpp

        self.module = xllamacpp
        self.model = model
        self.threads = threads
        self.server = None
        self.shape = None

    def version(self):
        return f"xllamacpp {self.module.__version__}; {self.module.get_system_info()}"

    def _open(self, rows, context):
        if self.shape == (rows, context):
            return
        self.server = None
        p = self.module.CommonParams()
        p.model.path = self.model
        p.cpuparams.n_threads = self.threads
        p.cpuparams_batch.n_threads = self.threads
        p.n_ctx = rows * context
        p.n_batch = p.n_ubatch = BATCH_ROWS
        p.n_parallel = rows
        p.n_gpu_layers = 0
        p.cache_ram_mib = 0
        p.verbosity = 0
        self.server = self.module.Server(p)
        self.shape = (rows, context)

    def _complete(self, ids, tokens):
        request = {"prompt": ids, "n_predict": tokens, "cache_prompt": False, "ignore_eos": True, "temperature": 0}
        answer = self.server.handle_completions(request)
        return (answer if isinstance(answer, dict) else json.loads(answer))["timings"]

    def first_token(self, prompt):
        self._open(1, 512)
        self._complete(prompt, 1)

    def rate(self, test, rng):
        self._open(test.rows, test.context)
        if test.prompt:
            return self._complete(prompt_ids(rng, test.prompt), 1)["prompt_per_second"]
        prompts = [prompt_ids(rng, test.depth + 1) for _ in range(test.rows)]
        with ThreadPoolExecutor(test.rows) as pool:
            timings = list(pool.map(lambda ids: self._complete(ids, test.generate), prompts))
        # each row's rate while it generates, which the rows do together
        return sum(t["predicted_per_second"] for t in timings)


class IkLlamaCpp:
    """ik_llama.cpp, driven as its own benchmark does: llama_decode with the next token of every row, and the clock."""

    def __init__(self, model, threads):
        import ik_llama_cpp
        from ik_llama_cpp import _ctypes_api as api

        self.api = api
        self.module = ik_llama_cpp
        self.threads = threads
        self.context = None
        self.shape = None
        api.llama_backend_init()
        self.model = api.llama_model_load_from_file(model.encode(), self._model_params())
        if not self.model:
            sys.exit(f"ik_llama.cpp cannot load {model}")

    def _model_params(self):
        params = self.api.llama_model_default_params()
        params.n_gpu_layers = 0
        return params

    def version(self):
        return f"ik-llama-cpp-python {self.module.__version__}"

    def _open(self, rows, context):
        if self.shape == (rows, context):
            self.api.llama_kv_cache_clear(self.context)
            return
        if self.context:
            self.api.llama_free(self.context)
        params = self.api.llama_context_default_params()
        params.n_ctx = rows * context
        params.n_batch = params.n_ubatch = BATCH_ROWS
        params.n_seq_max = rows
        params.n_threads = params.n_threads_batch = self.threads
        # its flash attention fails an assertion in builds without VNNI, such as the wheel; its own module leaves it off there too
        params.flash_attn = False
        self.context = self.api.llama_init_from_model(self.model, params)
        if not self.context:
            sys.exit("ik_llama.cpp cannot make a context")
        self.shape = (rows, context)

    def _decode(self, entries):
        """One call with (token, position, row, wants logits)."""
        batch = self.api.llama_batch_init(len(entries), 0, 1)
        batch.n_tokens = len(entries)
        for i, (token, position, row, logits) in enumerate(entries):
            batch.token[i] = token
            batch.pos[i] = position
            batch.n_seq_id[i] = 1
            batch.seq_id[i][0] = row
            batch.logits[i] = int(logits)
        code = self.api.llama_decode(self.context, batch)
        self.api.llama_get_logits_ith(self.context, len(entries) - 1)
        self.api.llama_batch_free(batch)
        if code != 0:
            sys.exit(f"llama_decode: {code}")

    def _read(self, ids, row):
        for start in range(0, len(ids), BATCH_ROWS):
            part = ids[start : start + BATCH_ROWS]
            last = start + len(part) == len(ids)
            self._decode([(t, start + i, row, last and i == len(part) - 1) for i, t in enumerate(part)])

    def first_token(self, prompt):
        self._open(1, 512)
        text = prompt.encode()
        ids = (self.api.llama_token * 512)()
        # its tokenizer asks for the model, whatever the module calls it
        count = self.api.llama_tokenize(self.model, text, len(text), ids, len(ids), True, False)
        self._read(list(ids[:count]), 0)

    def rate(self, test, rng):
        self._open(test.rows, test.context)
        if test.prompt:
            ids = prompt_ids(rng, test.prompt)
            start = time.perf_counter()
            self._read(ids, 0)
            return test.prompt / (time.perf_counter() - start)
        for row in range(test.rows if test.depth else 0):
            self._read(prompt_ids(rng, test.depth), row)
        start = time.perf_counter()
        for i in range(test.generate):
            token = rng.randrange(1000, 200_000)
            self._decode([(token, test.depth + i, row, True) for row in range(test.rows)])
        return test.generate * test.rows / (time.perf_counter() - start)


def peak_resident_bytes():
    """The most memory that this process held; pages of a mapped file count once they were read."""
    status = pathlib.Path("/proc/self/status")
    if status.exists():
        return int(re.search(r"VmHWM:\s*(\d+) kB", status.read_text())[1]) * 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


PEERS = {"llama.cpp": LlamaCpp, "ik_llama.cpp": IkLlamaCpp}


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("peer", choices=PEERS)
    arguments.add_argument("model")
    arguments.add_argument("--tests", default="pp512,tg128")
    arguments.add_argument("--threads", type=int, default=2)
    arguments.add_argument("-r", "--repetitions", type=int, default=1)
    arguments.add_argument("-w", "--warm-up", type=int, default=1)
    arguments.add_argument("--start", metavar="PROMPT", help="one token after the prompt")
    given = arguments.parse_args()
    peer = PEERS[given.peer](given.model, given.threads)
    if given.start:
        peer.first_token(given.start)
        os.write(1, b".")
        return
    rng = random.Random(42)
    results = []
    for test in map(Test, given.tests.split(",")):
        rates = [peer.rate(test, rng) for _ in range(given.warm_up + given.repetitions)]
        results.append({"test": test.name, "samples": rates[given.warm_up :]})
    answer = {"peer": given.peer, "version": peer.version(), "results": results}
    print(json.dumps(answer | {"peak_resident_bytes": peak_resident_bytes()}))


if __name__ == "__main__":
    main()
