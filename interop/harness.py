"""lm-evaluation-harness against `jemma serve`: its model `local-completions` asks the server, and the figures must be those
of `jemma eval` on the same rows, to the last digit.

    python -m venv venv && venv/bin/pip install -r interop/requirements-harness.txt
    venv/bin/python interop/harness.py MODEL.gguf --data eval-data [--limit 100] [--folder DIR]

The data folder has piqa/validation.jsonl and arc_easy/test.jsonl (docs/evaluation.md, "Data"). The harness counts the
tokens of a question by itself: its tokenizer comes from DIR, a folder as Hugging Face has it, or from the model,
converted. Ends with status 1 where a figure differs, or a log-likelihood by more than its rounding.
"""

import argparse
import json
import math
import os
import pathlib
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
JEMMA = HERE.parent / "jemma"
sys.path.insert(0, str(HERE.parent / "bench"))
import compare_eval  # noqa: E402  its rows and tasks, so that there is one way to write them

compare_eval.TASKS = {name: compare_eval.TASKS[name] for name in ("piqa", "arc_easy")}
TOLERANCE = 1e-3  # of a sum of some dozen log-probabilities that JSON carries as float32


def serve(model, work):
    log = open(work / "serve.log", "w", encoding="utf-8")
    server = subprocess.Popen([JEMMA, "serve", model, "--port", "0"], stdout=subprocess.PIPE, stderr=log, text=True)
    url = server.stdout.readline().strip()
    if not url:
        server.wait()
        sys.exit((work / "serve.log").read_text(encoding="utf-8"))
    return server, url


def by_jemma(args, work):
    out = work / "jemma"
    names = ",".join(str(work / f"{task}.yaml") for task in compare_eval.TASKS)
    command = [JEMMA, "eval", "-m", args.model, "--tasks", names, "--data", work, "--out", out]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return compare_eval.figures(out / "results.json"), out


def by_harness(args, work, folder, url):
    out = work / "harness"
    settings = {
        "model": pathlib.Path(args.model).stem,
        "base_url": f"{url}/v1/completions",
        "tokenizer": folder,
        "tokenizer_backend": "huggingface",
        "add_bos_token": True,
        "num_concurrent": 8,
    }
    subprocess.run(
        [sys.executable, "-m", "lm_eval", "run", "--model", "local-completions", "--include_path", work]
        + ["--model_args", ",".join(f"{key}={value}" for key, value in settings.items())]
        + ["--tasks", ",".join(f"rows_{task}" for task in compare_eval.TASKS), "--output_path", out, "--log_samples"],
        check=True,
        stdout=subprocess.DEVNULL,
        env=dict(os.environ, HF_HUB_OFFLINE="1", HF_DATASETS_OFFLINE="1", OPENAI_API_KEY="none"),
    )
    return compare_eval.figures(next(out.rglob("results*.json"))), out


def likelihoods(out, task):
    """Of every choice, by the number of its row."""
    file = next(out.rglob(f"samples_rows_{task}*.jsonl"))
    rows = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    return {row["doc_id"]: [float(answer[0]) for answer in row["filtered_resps"]] for row in rows}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("model")
    parser.add_argument("--data", type=pathlib.Path, required=True)
    parser.add_argument("--limit", type=int, default=100)
    parser.add_argument("--folder", type=pathlib.Path)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        work = pathlib.Path(name)
        folder = args.folder or work / "folder"
        if not args.folder:
            subprocess.run([JEMMA, "convert", args.model, folder], check=True)
        compare_eval.tasks(args, work)
        jemma, jemma_out = by_jemma(args, work)
        server, url = serve(args.model, work)
        try:
            harness, harness_out = by_harness(args, work, folder, url)
        finally:
            server.terminate()
            server.wait()
        print(f"| {args.limit} rows of | figure | lm-evaluation-harness over jemma serve | jemma eval |")
        print("|---|---|---:|---:|")
        for task, figures in jemma.items():
            for metric, value in figures.items():
                print(f"| {task} | {metric} | {harness[task][metric]} | {value} |")
        worst = 0.0
        for task in jemma:
            ours, theirs = likelihoods(jemma_out, task), likelihoods(harness_out, task)
            if ours.keys() != theirs.keys():
                sys.exit(f"{task}: other rows")
            for row, choices in ours.items():
                worst = max(worst, *(math.fabs(a - b) for a, b in zip(choices, theirs[row], strict=True)))
        print(f"\nlog-likelihoods differ by at most {worst:.2e}")
        if jemma != harness or worst > TOLERANCE:
            sys.exit("the figures are not the same")
        print("all is well")


if __name__ == "__main__":
    main()
