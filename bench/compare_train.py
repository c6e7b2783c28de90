"""Trains with Jemma and with PyTorch in turn on the same model and prints Markdown: medians and medians of the ratios.

full and lora: 512 random tokens a step, every token a target. chats: an adapter on real conversations, another sample
of them in each round and the same for both; Jemma packs them and computes the loss where targets are, the peer pads four
conversations a step to the longest. Every run is a process of its own; whoever starts changes from round to round. compare-train.sh tells the arguments.
"""

import argparse
import json
import os
import pathlib
import random
import shlex
import statistics
import subprocess
import sys
import time

BENCH = pathlib.Path(__file__).resolve().parent
RUNS = BENCH / "target" / "compare-train"
DOCUMENT = BENCH.parent / "docs" / "performance.md"
BEGIN, END = "<!-- training figures -->", "<!-- end of training figures -->"
JEMMA, PEER = "jemma", "pytorch"
UNITS = {"full": "tokens/s", "lora": "tokens/s", "chats": "examples/s"}


def run(command, given):
    """The JSON object that a program ends with."""
    done = subprocess.run(shlex.split(given.alone) + command, capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"{command[0]}: exit {done.returncode}: {done.stderr.strip()[-500:]}")
    return json.loads(done.stdout[done.stdout.index("{") :])


def jemma(test, given, chats):
    command = [str(BENCH.parent / "jemma"), "bench", str(given.model), "--train", test, "--json", "-t", str(given.threads)]
    if test == "chats":  # several times through the sample, so that its length hardly depends on where a batch ends
        command += ["-w", "4", "-r", str(4 * given.jemma_steps), "--data", str(chats)]
    else:
        command += ["-w", "2", "-r", str(given.jemma_steps)]
    answer = run(command, given)
    environment = answer["environment"]
    version = f"{environment['version']}, {environment['provider']}, {environment['jdk']}"
    return measured(answer, test, answer["peak_resident_bytes"]), version


def peer(test, given, chats):
    command = [sys.executable, str(BENCH / "peers_train.py"), str(given.folder), "--test", test]
    command += ["--threads", str(given.threads), "--steps", str(given.steps)]
    answer = run(command + (["--data", str(chats)] if test == "chats" else []), given)
    return measured(answer, test, answer["peak_bytes"]), answer["peer"]


def sample(given, number):
    """A file of some of the conversations, chosen by the number of the round."""
    lines = [line for line in given.chats.read_text(encoding="utf-8").splitlines() if line.strip()]
    chosen = random.Random(number).sample(lines, min(given.conversations, len(lines)))
    path = RUNS / "sample" / "chats.jsonl"
    path.parent.mkdir(exist_ok=True)
    path.write_text("\n".join(chosen) + "\n", encoding="utf-8")
    return path


def measured(answer, test, peak):
    rate = answer["examples_per_second"] if test == "chats" else answer["tokens_per_second"]
    return {"rate": rate, "peak": peak / 2**20}


def folder(model):
    """The model as a Hugging Face folder of float32, made once."""
    path = BENCH / "target" / "models" / (model.stem + "-f32")
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        subprocess.run([str(BENCH.parent / "jemma"), "convert", str(model), str(path)], check=True)
    return path


def compare(given):
    RUNS.mkdir(parents=True, exist_ok=True)
    with (RUNS / (given.model.stem + ".jsonl")).open("a") as lines:
        for number in range(given.rounds):
            for test in given.tests.split(","):
                programs = [(JEMMA, jemma), (PEER, peer)]
                chats = sample(given, number) if test == "chats" else None
                entry = {"model": given.model.stem, "test": test, "threads": given.threads, "found": {}, "versions": {}}
                for name, program in programs if number % 2 == 0 else reversed(programs):
                    entry["found"][name], entry["versions"][name] = program(test, given, chats)
                entry["time"] = time.strftime("%Y-%m-%d")
                lines.write(json.dumps(entry) + "\n")
                lines.flush()
                print(f"round {number + 1} of {given.rounds}, {test}: {entry['found']}", file=sys.stderr)


def rounds():
    return [json.loads(line) for log in sorted(RUNS.glob("*.jsonl")) for line in log.read_text().splitlines()]


def table(entries):
    lines = [
        "| model | test | unit | Jemma | PyTorch | ratio | Jemma, peak MiB | PyTorch, peak MiB | rounds |",
        "|---|---|---|---:|---:|---:|---:|---:|---:|",
    ]
    for model, test in dict.fromkeys((e["model"], e["test"]) for e in entries):
        of = [e["found"] for e in entries if (e["model"], e["test"]) == (model, test)]
        rates = {name: statistics.median(f[name]["rate"] for f in of) for name in (JEMMA, PEER)}
        peaks = {name: statistics.median(f[name]["peak"] for f in of) for name in (JEMMA, PEER)}
        ratio = statistics.median(f[JEMMA]["rate"] / f[PEER]["rate"] for f in of)
        digits = 2 if test == "chats" else 1
        lines.append(
            f"| {model} | {test} | {UNITS[test]} | {rates[JEMMA]:.{digits}f} | {rates[PEER]:.{digits}f} | {ratio:.2f}× "
            f"| {peaks[JEMMA]:.0f} | {peaks[PEER]:.0f} | {len(of)} |"
        )
    return "\n".join(lines)


def cpu():
    try:
        lines = pathlib.Path("/proc/cpuinfo").read_text().splitlines()
        return next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return "an unnamed CPU"


def note(entries):
    last = entries[-1]
    versions = {name: version for e in entries for name, version in e["versions"].items()}
    said = "; ".join(f"{name}: {version}" for name, version in versions.items())
    return f"\n\n{cpu()}, {last['threads']} threads, {last['time']}. {said}."


def write(figures):
    before, rest = DOCUMENT.read_text().split(BEGIN, 1)
    DOCUMENT.write_text(before + BEGIN + "\n" + figures + "\n" + END + rest.split(END, 1)[1])
    print(f"wrote {DOCUMENT}", file=sys.stderr)


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("model", nargs="?", type=pathlib.Path)
    arguments.add_argument("--folder", type=pathlib.Path, help="the same model in float32, for PyTorch")
    arguments.add_argument("--chats", type=pathlib.Path, help='lines of {"prompt", "response"}')
    arguments.add_argument("--conversations", type=int, default=24, help="of them, in a round")
    arguments.add_argument("--tests", default="full,lora,chats")
    arguments.add_argument("--threads", type=int, default=max(1, (os.cpu_count() or 2) // 2))
    arguments.add_argument("--rounds", type=int, default=3)
    arguments.add_argument("--steps", type=int, default=3, help="of PyTorch, after one that does not count")
    arguments.add_argument("--jemma-steps", type=int, default=5, help="of Jemma, after two, since it compiles first")
    arguments.add_argument("--alone", default="", metavar="COMMAND")
    arguments.add_argument("--report", action="store_true", help="run nothing")
    arguments.add_argument("--write", action="store_true", help=f"put the table into {DOCUMENT.name}")
    given = arguments.parse_args()
    if not given.report:
        if given.model is None or ("chats" in given.tests.split(",") and given.chats is None):
            arguments.error("give a model and --chats, or --report")
        given.folder = given.folder or folder(given.model)
        compare(given)
    entries = rounds()
    if not entries:
        arguments.error("nothing was measured yet")
    figures = table(entries)
    print(figures)
    if given.write:
        write(figures + note(entries))


if __name__ == "__main__":
    main()
