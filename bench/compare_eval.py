"""Times three benchmarks with Jemma and with lm-evaluation-harness over transformers; compare-eval.sh calls it.

Both read the same rows: those of the data folder, written once with the columns that both sides' tasks take and with the
clean-up of HellaSwag's task. Both are timed as a user waits for them, from the start of the process to its end.
"""

import argparse
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

BENCH = pathlib.Path(__file__).resolve().parent
FOUND = BENCH / "target" / "compare-eval.json"
PAGE = BENCH.parent / "docs" / "evaluation.md"
BEGIN, END = "<!-- compare-eval -->", "<!-- /compare-eval -->"
TASKS = {"piqa": "piqa/validation.jsonl", "arc_easy": "arc_easy/test.jsonl", "hellaswag": "hellaswag/validation.jsonl"}
JEMMA, PEER = "Jemma", "lm-evaluation-harness, transformers"


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("model", nargs="?")
    parser.add_argument("--data", type=pathlib.Path)
    parser.add_argument("--folder", type=pathlib.Path)
    parser.add_argument("--limit", type=int, default=500)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--batch", default="16", help="batch size of the peer")
    parser.add_argument("--only", choices=["jemma", "peer"])
    parser.add_argument("--alone", default="")
    parser.add_argument("--report", action="store_true")
    parser.add_argument("--write", action="store_true")
    args = parser.parse_args()
    if not args.report and (not args.model or not args.data):
        parser.error("needs MODEL.gguf and --data DIR, or --report")
    return args


def clean(text):
    """What the packaged HellaSwag task does to published rows; rows that were cleaned before do not change."""
    if "[" not in text:
        return text
    text = text.strip().replace(" [title]", ". ")
    return re.sub(r"\[.*?\]", "", text).replace("  ", " ")


def asked(task, row):
    """Prompt, choices and number of the right one."""
    if task == "piqa":
        return f"Question: {row['goal']}\nAnswer:", [row["sol1"], row["sol2"]], int(row["label"])
    if task == "arc_easy":
        return f"Question: {row['question']}\nAnswer:", row["choices"], int(row["gold"])
    return clean(row["query"]), [clean(ending) for ending in row["endings"]], int(row["label"])


def tasks(args, folder):
    """A YAML file of each task with its rows, as both sides read them."""
    for task, file in TASKS.items():
        rows = folder / f"{task}.jsonl"
        with open(args.data / file, encoding="utf-8") as lines, open(rows, "w", encoding="utf-8") as out:
            for _, line in zip(range(args.limit), lines):
                prompt, choices, gold = asked(task, json.loads(line))
                out.write(json.dumps({"prompt": prompt, "choices": choices, "gold": gold}) + "\n")
        (folder / f"{task}.yaml").write_text(
            f"task: rows_{task}\n"
            "dataset_path: json\n"
            f"dataset_kwargs: {{data_files: {{test: {json.dumps(str(rows))}}}}}\n"
            "test_split: test\n"
            "output_type: multiple_choice\n"
            'doc_to_text: "{{prompt}}"\n'
            'doc_to_choice: "{{choices}}"\n'
            "doc_to_target: gold\n"
            "metric_list: [{metric: acc}, {metric: acc_norm}]\n",
            encoding="utf-8",
        )


def timed(args, command):
    env = dict(os.environ, OMP_NUM_THREADS=str(args.threads), HF_HUB_OFFLINE="1", HF_DATASETS_OFFLINE="1")
    clock = tempfile.NamedTemporaryFile("r", suffix=".seconds")
    # The clock runs inside of --alone, so that waiting for the machine does not count.
    wrapped = [sys.executable, "-c", TIMER, clock.name, *map(str, command)]
    done = subprocess.run(args.alone.split() + wrapped, env=env, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{command[0]} failed:\n{done.stderr[-3000:]}")
    return float(clock.read())


TIMER = """
import subprocess, sys, time
start = time.monotonic()
code = subprocess.run(sys.argv[2:]).returncode
open(sys.argv[1], "w").write(str(time.monotonic() - start))
sys.exit(code)
"""


def figures(file):
    results = json.loads(pathlib.Path(file).read_text(encoding="utf-8"))["results"]
    return {name: {metric: results[f"rows_{name}"][f"{metric},none"] for metric in ("acc", "acc_norm")} for name in TASKS}


def run_jemma(args, work):
    out = work / "jemma"
    names = ",".join(str(work / f"{task}.yaml") for task in TASKS)
    seconds = timed(
        args,
        [BENCH.parent / "jemma", "eval", "-m", args.model, "--tasks", names, "--data", work, "--out", out]
        + ["-t", args.threads, "--context", "2048"],
    )
    return {"seconds": seconds, "results": figures(out / "results.json")}


def run_peer(args, work):
    folder = args.folder or BENCH / "target" / "eval-folder"
    if not args.folder and not folder.exists():
        subprocess.run([BENCH.parent / "jemma", "convert", args.model, folder], check=True)
    out = work / "peer"
    seconds = timed(
        args,
        [sys.executable, "-m", "lm_eval", "run", "--model", "hf", "--device", "cpu", "--batch_size", args.batch]
        + ["--model_args", f"pretrained={folder},dtype=float32,add_bos_token=True", "--include_path", work]
        + ["--tasks", ",".join(f"rows_{task}" for task in TASKS), "--output_path", out],
    )
    return {"seconds": seconds, "results": figures(next(out.rglob("results*.json")))}


def table(found):
    lines = [
        "| rows of each task | program | PIQA acc | ARC-e acc | HellaSwag acc_norm | seconds | times as fast |",
        "|---:|---|---:|---:|---:|---:|---:|",
    ]
    for limit in sorted(found, key=int):
        both = found[limit]
        for name in (PEER, JEMMA):
            if name not in both:
                continue
            r, seconds = both[name]["results"], both[name]["seconds"]
            ratio = f"{both[PEER]['seconds'] / seconds:.1f}" if PEER in both else ""
            lines.append(
                f"| {limit} | {name} | {100 * r['piqa']['acc']:.1f} | {100 * r['arc_easy']['acc']:.1f} | "
                f"{100 * r['hellaswag']['acc_norm']:.1f} | {seconds:.0f} | {ratio} |"
            )
    return "\n".join(lines)


def main():
    args = arguments()
    found = json.loads(FOUND.read_text()) if FOUND.exists() else {}
    if not args.report:
        with tempfile.TemporaryDirectory() as folder:
            work = pathlib.Path(folder)
            tasks(args, work)
            both = found.setdefault(str(args.limit), {})
            if args.only != "peer":
                both[JEMMA] = run_jemma(args, work)
            if args.only != "jemma":
                both[PEER] = run_peer(args, work)
        FOUND.parent.mkdir(exist_ok=True)
        FOUND.write_text(json.dumps(found, indent=1))
    text = table(found)
    print(text)
    if args.write:
        page = PAGE.read_text(encoding="utf-8")
        before, rest = page.split(BEGIN)
        PAGE.write_text(before + BEGIN + "\n\n" + text + "\n\n" + END + rest.split(END)[1], encoding="utf-8")


if __name__ == "__main__":
    main()
