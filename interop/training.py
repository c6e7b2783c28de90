#!/usr/bin/env python3
"""Results of training runs, in transformers, PEFT and llama.cpp.

    python3 -m venv venv && venv/bin/pip install -r interop/requirements-training.txt
    venv/bin/python interop/training.py

1. Runs of the command itself, on a text that is made here: `jemma finetune` on tiny models of random weights (all
   weights, LoRA, rsLoRA), and `jemma train-tokenizer` with `jemma pretrain` for a model of its own.
2. Writes each run by `jemma export` as a Hugging Face folder, as a PEFT adapter and as GGUF files in F32 and Q8_0, and
   merges the adapter by `jemma merge`.
3. Compares the log-probabilities of the whole vocabulary at every position with those of Jemma (--exact), always with
   the exact embedding factor: transformers on the folder, in float32 and in float64; PEFT on base and adapter; llama.cpp
   on the files, with keys and values in float32. llama.cpp looks GELU up in a table of float16; so the F32 files are also
   compared with transformers computing that table's values. What is left is a sum so near the border of two entries
   that the order of its additions decides: transformers in float64, with the same table, shows how much that makes.
   Where weights have 8 bits llama.cpp rounds activations to 8 bits as well.
4. Encodes a text with the tokenizer that transformers finds in the folder, and with Jemma.

The attention scale of Gemma 2 is set to its head size here: a GGUF file of llama.cpp has no key for another one. A merged
folder keeps the types of its base: where those are BF16, merging rounds, which is shown with a limit of its own.

Exits with 1 if anything differs by more than the limits below.
"""

import json
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile

import peft
import torch
import transformers
import xllamacpp

ROOT = pathlib.Path(__file__).resolve().parent.parent
GOLDEN = ROOT / "core" / "src" / "test" / "resources" / "golden" / "models"
BASES = ["gemma1-mqa", "gemma2", "gemma3"]  # of random weights
KINDS = {
    "full": ["--full", "--lr", "1e-3"],
    "lora": ["--rank", 4, "--alpha", 8, "--lr", "3e-3"],
    "rslora": ["--rank", 4, "--alpha", 8, "--rslora", "--lr", "3e-3"],
}
STEPS = 40
EXACT = ["--exact", "--embedding-scale", "exact"]
VOCABULARY = 512
LIMIT_SAME = 1e-6  # the same numbers in other files
LIMIT_FLOAT = 5e-4  # float32 beside float32 or float64; Gemma 2 of random weights, merged by PEFT in float32, makes 2.2e-4
LIMIT_BF16 = 1.0  # a merged matrix rounded to BF16; random weights make much of it
LIMIT_GELU = 1e-2  # llama.cpp beside the reference with its GELU; a sum just at the border of two entries costs up to 5e-3
LIMIT_F32_FILE = 2e-2
LIMIT_INT8 = 2.0
TEXT = "naïve café: two  spaces\nand 2026 numbers"


def command(*words, stdin=None):
    run = subprocess.run([str(w) for w in words], input=stdin, capture_output=True, text=True, check=False)
    if run.returncode != 0:
        sys.exit(f"{' '.join(map(str, words[:3]))}: {run.stderr.strip()}")
    return run.stdout


def jemma(*words, stdin=None):
    return command(ROOT / "jemma", *words, stdin=stdin)


def counting(seed):
    """Lines that can be learned: counting, in three kinds of steps, by somebody with an invented name."""
    rng = random.Random(seed)
    names = ["".join(rng.choice("bdfgklmnprst") + rng.choice("aeiou") for _ in range(3)).title() for _ in range(150)]
    lines = []
    for _ in range(400):
        start, step = rng.randrange(50), rng.choice([1, 2, 5])
        lines.append(" ".join(str(start + step * i) for i in range(12)) + f", said {rng.choice(names)}.")
    return "\n\n".join(lines) + "\n"


def train(name, run, *words):
    """A run of the command; says what it did to the held-out loss."""
    rhythm = ["--steps", STEPS, "--eval-every", STEPS // 4, "--seed", 3, "--split", "blank", "--out", run]
    jemma(*words, *rhythm)
    losses = json.loads((run / "result.json").read_text())
    before, after = losses["held_out_loss_before"], losses["held_out_loss_after"]
    print(f"{name}: {STEPS} steps, held-out loss {before:.3f}, then {after:.3f}", flush=True)
    return after < before


def by_jemma(model, sequences, *flags):
    lines = "".join(json.dumps({"ids": ids}) + "\n" for ids in sequences)
    out = jemma("score", "-m", model, "--jsonl", "-", *EXACT, "--top", VOCABULARY, *flags, stdin=lines)
    results = []
    for line in out.splitlines():
        rows = []
        for best in json.loads(line)["top"]:
            row = torch.empty(VOCABULARY)
            row[torch.tensor(best["ids"])] = torch.tensor(best["logits"])
            rows.append(row)
        results.append(torch.log_softmax(torch.stack(rows), -1))
    return results


def jemma_ids(model, text):
    return [int(i) for i in jemma("tokenize", "-m", model, text).split()]


def by_torch(model, sequences):
    model.eval()
    with torch.no_grad():
        return [torch.log_softmax(model(torch.tensor([ids])).logits[0, :-1], -1) for ids in sequences]


class HalfGelu(torch.nn.Module):
    """GELU as a table from float16 to float16 has it; beyond ±10 it is 0 or the number itself."""

    def forward(self, x):
        looked_up = torch.nn.functional.gelu(x.half().float(), approximate="tanh").half().to(x.dtype)
        return torch.where(x <= -10, torch.zeros_like(x), torch.where(x >= 10, x, looked_up))


def with_half_gelu(model):
    for layer in model.model.layers:
        layer.mlp.act_fn = HalfGelu()
    return model


def by_llama(file, sequences):
    params = xllamacpp.CommonParams()
    params.model.path = str(file)
    params.n_ctx = 256
    params.n_parallel = 1
    params.cpuparams.n_threads = 2
    params.warmup = False
    params.verbosity = -1
    params.cache_type_k = xllamacpp.ggml_type.GGML_TYPE_F32
    params.cache_type_v = xllamacpp.ggml_type.GGML_TYPE_F32
    params.flash_attn_type = xllamacpp.llama_flash_attn_type.LLAMA_FLASH_ATTN_TYPE_DISABLED
    server = xllamacpp.Server(params)
    letter = jemma_ids(file, "e")[0]
    results = []
    for ids in sequences:
        rows = []
        for n in range(1, len(ids)):
            # a letter is what it has to write: an end token or half a character gives an answer without log-probabilities,
            # which are those before the bias
            request = {"prompt": ids[:n], "max_tokens": 1, "logprobs": VOCABULARY, "logit_bias": [[letter, 1000]]}
            answer = server.handle_completions(request)
            answer = answer if isinstance(answer, dict) else json.loads(answer)
            row = torch.full((VOCABULARY,), float("nan"))
            for token in answer["choices"][0]["logprobs"]["content"][0]["top_logprobs"]:
                row[token["id"]] = token["logprob"]
            rows.append(row)
        results.append(torch.stack(rows))
    return results


def difference(ours, theirs):
    """The largest, and the mean divergence in nats."""
    a, b = torch.cat(ours).double(), torch.cat(theirs).double()
    if b.isnan().any():
        sys.exit(f"{int(b.isnan().sum())} log-probabilities are missing")
    return float((a - b).abs().max()), float((a.exp() * (a - b)).sum(-1).mean())


def loaded(folder, dtype=torch.float32):
    return transformers.AutoModelForCausalLM.from_pretrained(folder, dtype=dtype, attn_implementation="eager")


class Comparison:
    """What was compared, and whether all of it was within its limit."""

    def __init__(self):
        self.well = True

    def differ(self, label, ours, theirs, limit):
        largest, divergence = difference(ours, theirs)
        self.well &= largest <= limit
        print(f"  {label:42} largest difference {largest:.1e}, divergence {divergence:.1e}, limit {limit:.0e}", flush=True)

    def same(self, label, same):
        self.well &= same
        print(f"  {label}: {'yes' if same else 'NO'}", flush=True)

    def folder(self, folder, sequences):
        """A Hugging Face folder, in transformers."""
        ours = by_jemma(folder, sequences)
        self.differ("transformers on the folder, float32", ours, by_torch(loaded(folder), sequences), LIMIT_FLOAT)
        exact = by_torch(loaded(folder, torch.float64), sequences)
        self.differ("transformers on the folder, float64", ours, exact, LIMIT_FLOAT)
        tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
        ids = tokenizer(TEXT, add_special_tokens=False)["input_ids"]
        self.same("tokenizer of transformers gives our ids", ids == jemma_ids(folder, TEXT))
        return ours

    def files(self, run, work, sequences):
        """GGUF files of a run, in llama.cpp; in F32 beside the folder of the same numbers."""
        plain = work / f"{run.name}-f32"
        jemma("export", run, plain, "--type", "F32")
        for quantization, limit in [("F32", LIMIT_F32_FILE), ("Q8_0", LIMIT_INT8)]:
            file = work / f"{run.name}-{quantization}.gguf"
            jemma("export", run, file, "--type", quantization)
            ours, theirs = by_jemma(file, sequences), by_llama(file, sequences)
            self.differ(f"llama.cpp on {quantization}", ours, theirs, limit)
            if quantization == "F32":
                self.differ("F32 file, F32 folder", ours, by_jemma(plain, sequences), LIMIT_SAME)
                half = by_torch(with_half_gelu(loaded(plain)), sequences)
                self.differ("llama.cpp, transformers with its GELU", half, theirs, LIMIT_GELU)
                exact = by_torch(with_half_gelu(loaded(plain, torch.float64)), sequences)
                self.differ("that transformers, float32 and float64", half, exact, LIMIT_GELU)


def fine_tuned(name, work, data, sequences, comparison):
    base = work / "base"
    base.mkdir(parents=True)
    shutil.copy(GOLDEN / name / "model.safetensors", base)
    shutil.copy(GOLDEN / "tokenizer" / "tokenizer.model", base)
    config = json.loads((GOLDEN / name / "config.json").read_text())
    if name == "gemma2":
        config["query_pre_attn_scalar"] = config["head_dim"]
    (base / "config.json").write_text(json.dumps(config))
    for kind, flags in KINDS.items():
        run = work / kind
        learned = train(f"{name}, finetune {kind}", run, "finetune", data, "-m", base, "--sequence", 64, *flags)
        comparison.same("the held-out loss fell", learned)
        folder, plain = work / f"{kind}-hf", work / f"{kind}-f32"
        jemma("export", run, folder)
        comparison.folder(folder, sequences)
        comparison.files(run, work, sequences)
        if kind == "full":
            own = by_jemma(run / "model", sequences)
            comparison.differ("RUN/model, F32 folder", own, by_jemma(plain, sequences), LIMIT_SAME)
            continue
        adapter, merged = work / f"{kind}-peft", work / f"{kind}-merged"
        jemma("export", run, adapter, "--to", "peft")
        beside = by_jemma(base, sequences, "--adapter", adapter)
        model = peft.PeftModel.from_pretrained(loaded(base), adapter)
        comparison.differ("PEFT on base and adapter", beside, by_torch(model, sequences), LIMIT_FLOAT)
        comparison.differ("merged by PEFT", beside, by_torch(model.merge_and_unload(), sequences), LIMIT_FLOAT)
        own = by_jemma(base, sequences, "--adapter", run / "adapter")
        comparison.differ("RUN/adapter, the exported one", own, beside, LIMIT_SAME)
        jemma("merge", base, adapter, merged, "--type", "F32")
        comparison.differ("merged to F32, adapter beside", by_jemma(merged, sequences), beside, LIMIT_FLOAT)
        limit = LIMIT_BF16 if config["dtype"] == "bfloat16" else LIMIT_FLOAT
        comparison.differ("merged as the base is, adapter beside", by_jemma(folder, sequences), beside, limit)


def pretrained(work, data, sequences, comparison):
    work.mkdir()
    tokenizer, run = work / "tokenizer", work / "run"
    jemma("train-tokenizer", data, "--vocab-size", VOCABULARY, "--out", tokenizer)
    shape = ["--shape", "tiny", "--sequence", 64, "--batch", 2]
    comparison.same("the held-out loss fell", train("pretrain", run, "pretrain", data, "--tokenizer", tokenizer, *shape))
    comparison.folder(run / "model", sequences)
    comparison.files(run, work, sequences)
    own = by_jemma(run / "model", sequences)
    comparison.differ("RUN/model, F32 folder", own, by_jemma(work / "run-f32", sequences), LIMIT_SAME)


def main():
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    print(f"transformers {transformers.__version__}, PEFT {peft.__version__}, xllamacpp {xllamacpp.__version__}")
    rng = random.Random(1)
    sequences = [[2] + [rng.randrange(4, VOCABULARY) for _ in range(23)] for _ in range(3)]
    comparison = Comparison()
    with tempfile.TemporaryDirectory() as temporary:
        work = pathlib.Path(temporary)
        data = work / "counting.txt"
        data.write_text(counting(5))
        for name in BASES:
            fine_tuned(name, work / name, data, sequences, comparison)
        pretrained(work / "own", data, sequences, comparison)
    print("all within limits" if comparison.well else "NOT all within limits")
    sys.exit(0 if comparison.well else 1)


if __name__ == "__main__":
    main()
