"""Measures `jemma serve` and llama.cpp's server under the same load, in turn; compare-serve.sh is the door.

The load comes from `jemma bench serve` in a process of its own beside the server, so both share the processors with it
alike. A round starts each server once for each load; the table has medians over the rounds, and ratios within a round.
"""

import argparse
import json
import pathlib
import socket
import statistics
import subprocess
import sys
import time
import urllib.request

BENCH = pathlib.Path(__file__).resolve().parent
JEMMA = BENCH.parent / "jemma"
FOUND = BENCH / "target" / "compare-serve.jsonl"
PAGE = BENCH.parent / "docs" / "performance.md"
BEGIN, END = "<!-- serve figures -->", "<!-- end of serve figures -->"
OURS, THEIRS = "jemma serve", "llama-server"
LOADS = ["--streams 16 -p 128 -g 64 --requests 64", "--rate 4 -p 32-256 -g 16-128 --requests 64"]

# llama-server as it comes in the wheel, with -np SLOTS -cb (the default there) and a context of CONTEXT for each slot.
SERVER = """
import sys, time, xllamacpp
model, threads, slots, context, port = sys.argv[1], *map(int, sys.argv[2:])
p = xllamacpp.CommonParams()
p.model.path = model
p.cpuparams.n_threads = p.cpuparams_batch.n_threads = threads
p.n_parallel, p.cont_batching, p.n_ctx = slots, True, slots * context
p.n_gpu_layers, p.verbosity, p.port, p.hostnames = 0, 0, port, ["127.0.0.1"]
server = xllamacpp.Server(p)
print(server.listening_address, flush=True)
time.sleep(1e6)
"""


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("model", nargs="?")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--slots", type=int, default=16)
    parser.add_argument("--context", type=int, default=1024, help="of a slot")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--load", action="append")
    parser.add_argument("--alone", default="", help="put before each server's run, as: nice -n -5")
    parser.add_argument("--run", nargs=3, metavar=("WHO", "LOAD", "ROUND"), help=argparse.SUPPRESS)
    parser.add_argument("--report", action="store_true")
    parser.add_argument("--write", action="store_true")
    args = parser.parse_args()
    if not args.model and not args.report:
        parser.error("needs MODEL.gguf, or --report")
    return args


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def start(who, args):
    if who == OURS:
        command = [JEMMA, "serve", args.model, "--port", "0", "-t", args.threads, "--sequences", args.slots]
        command += ["--context", args.context]
    else:
        command = [sys.executable, "-c", SERVER, args.model, args.threads, args.slots, args.context, free_port()]
    server = subprocess.Popen(list(map(str, command)), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    url = server.stdout.readline().strip()
    if not url:
        sys.exit(f"{who} did not start: {server.wait()}")
    deadline = time.monotonic() + 120
    while True:  # llama-server listens before it has loaded
        try:
            with urllib.request.urlopen(f"{url}/health", timeout=5):
                return server, url
        except OSError:
            if time.monotonic() > deadline:
                server.kill()
                sys.exit(f"{who} does not become ready")
            time.sleep(0.2)


def measure(who, load, args):
    """One server, one load; the load's first requests do not count, since code is compiled and memory touched then."""
    server, url = start(who, args)
    try:
        command = [JEMMA, "bench", "serve", "--url", url, "--ignore-eos", "--warm-up", "32", "--json", *load.split()]
        done = subprocess.run(list(map(str, command)), capture_output=True, text=True)
        if done.returncode:
            sys.exit(f"{who}: {done.stderr[-2000:]}")
        return json.loads(done.stdout)
    finally:
        server.terminate()
        server.wait()


def figures(result):
    return {
        "requests/s": result["requests_per_second"],
        "answer tokens/s": result["answer_tokens_per_second"],
        "first token p50, ms": 1e3 * result["to_first"]["p50"],
        "first token p95, ms": 1e3 * result["to_first"]["p95"],
        "between tokens p50, ms": 1e3 * result["between"]["p50"],
        "between tokens p95, ms": 1e3 * result["between"]["p95"],
        "errors": sum(result["errors"].values()),
    }


def table(runs):
    model, threads, slots = runs[-1]["model"], runs[-1]["threads"], runs[-1]["slots"]
    lines = [f"{model}, {threads} threads, {slots} sequences at once, medians of the rounds:", ""]
    lines += ["| load | figure | llama-server | jemma serve | jemma / llama-server | rounds |", "|---|---|---:|---:|---:|---:|"]
    for load in dict.fromkeys(run["load"] for run in runs):
        sides = {who: {r["round"]: figures(r["result"]) for r in runs if r["load"] == load and r["who"] == who} for who in (OURS, THEIRS)}
        both = sorted(sides[OURS].keys() & sides[THEIRS].keys())
        if not both:
            continue
        for name in sides[OURS][both[0]]:
            ours, theirs = ([sides[who][n][name] for n in both] for who in (OURS, THEIRS))
            ratios = [a / b for a, b in zip(ours, theirs) if b]
            ratio = f"{statistics.median(ratios):.2f}" if ratios else ""
            form = "{:.0f}" if name == "errors" else "{:.1f}"
            cells = [form.format(statistics.median(side)) for side in (theirs, ours)]
            lines.append(f"| `{load}` | {name} | {cells[0]} | {cells[1]} | {ratio} | {len(both)} |")
    return "\n".join(lines)


def write(text):
    page = PAGE.read_text(encoding="utf-8")
    head, rest = page.split(BEGIN)
    PAGE.write_text(f"{head}{BEGIN}\n{text}\n{END}{rest.split(END)[1]}", encoding="utf-8")


def main():
    args = arguments()
    if args.run:
        who, load, number = args.run
        line = {"who": who, "load": load, "round": int(number), "model": pathlib.Path(args.model).name}
        line |= {"threads": args.threads, "slots": args.slots, "result": measure(who, load, args)}
        FOUND.parent.mkdir(exist_ok=True)
        with open(FOUND, "a", encoding="utf-8") as out:
            out.write(json.dumps(line) + "\n")
        return
    if not args.report:
        FOUND.unlink(missing_ok=True)
        for number in range(args.rounds):
            for load in args.load or LOADS:
                order = [OURS, THEIRS] if number % 2 == 0 else [THEIRS, OURS]
                for who in order:
                    # A process of its own, so that --alone can hold others back while it runs, and only then.
                    again = [sys.executable, __file__, args.model, "--run", who, load, number]
                    again += ["--threads", args.threads, "--slots", args.slots, "--context", args.context]
                    subprocess.run(args.alone.split() + list(map(str, again)), check=True)
                    print(f"round {number + 1}: {who}, {load}", file=sys.stderr)
    runs = [json.loads(line) for line in FOUND.read_text(encoding="utf-8").splitlines()]
    text = table(runs)
    print(text)
    if args.write:
        write(text)


if __name__ == "__main__":
    main()
