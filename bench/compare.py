"""Runs Jemma and its peers in turn on the same file; see compare.sh, which is the door.

A round starts each program once, one after the other, so that all meet the same neighbours; a ratio is taken within
its round, and the median over the rounds is what is told. Every run is kept as a line of bench/target/compare/*.jsonl.

Neighbours do not slow all programs alike: one whose threads wait for each other by spinning loses most of its speed
when a core is taken away. So each run notes which part of the machine others took meanwhile, and where there are
undisturbed ones, only those count. --wait SECONDS waits that long for a quiet moment before each run,
--retries N repeats a disturbed one.

Beside the tests, each round has two more figures, for which less is better: the peak resident memory of the process
that ran the tests, and the time from the start of a process of its own to the first token after a short prompt.
"""

import argparse
import json
import os
import pathlib
import re
import resource
import statistics
import subprocess
import sys
import time

BENCH = pathlib.Path(__file__).resolve().parent
RUNS = BENCH / "target" / "compare"
MODELS = BENCH / "target" / "models"
DOCUMENT = BENCH.parent / "docs" / "performance.md"
BEGIN, END = "<!-- figures -->", "<!-- end of figures -->"
JEMMA = "jemma"
QUIET = 0.1  # of the machine: what others may take from a run that counts
PEAK = "peak memory, MiB"
START = "start to first token, s"
LESS_IS_BETTER = {PEAK, START}
PROMPT = "The capital of France is"


def run(command):
    """Standard output of a program that must succeed."""
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"{command[0]}: exit {done.returncode}: {done.stderr.strip()[-500:]}")
    return done.stdout


def cpu_seconds():
    """Seconds that all processors were busy, and those of our own children among them."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    own = children.ru_utime + children.ru_stime
    stat = pathlib.Path("/proc/stat")
    if not stat.exists():
        return own, own  # not Linux: neighbours are not seen
    fields = [int(x) for x in stat.read_text().split("\n", 1)[0].split()[1:8]]
    user, nice, system, _, _, irq, softirq = fields
    return (user + nice + system + irq + softirq) / os.sysconf("SC_CLK_TCK"), own


class Neighbours:
    """Which part of the machine's processors others use from now on."""

    def __init__(self):
        self.start = time.perf_counter()
        self.busy, self.own = cpu_seconds()

    def share(self):
        busy, own = cpu_seconds()
        others = (busy - self.busy) - (own - self.own)
        return max(0.0, others / ((time.perf_counter() - self.start) * (os.cpu_count() or 1)))


def await_quiet(seconds):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        neighbours = Neighbours()
        time.sleep(1)
        if neighbours.share() < QUIET:
            return


def measured(name, model, given):
    """One run of one program: {test: tokens a second}, and its version."""
    if name == JEMMA:
        return jemma(model, given)
    out = run(
        [sys.executable, str(BENCH / "peers.py"), name, str(model), "--tests", given.tests]
        + ["--threads", str(given.threads), "-r", "1", "-w", str(given.warm_up)]
    )
    answer = json.loads(out.strip().splitlines()[-1])
    rates = {r["test"]: r["samples"][0] for r in answer["results"]}
    rates[PEAK] = answer["peak_resident_bytes"] / 2**20
    start = [sys.executable, str(BENCH / "peers.py"), name, str(model), "--start", PROMPT]
    rates[START] = seconds_to(1, start + ["--threads", str(given.threads)])
    return rates, answer["version"]


def seconds_to(count, command):
    """Seconds from a program's start until it has written so many bytes; it then ends by itself."""
    begin = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        written = len(process.stdout.read(count))
        seconds = time.perf_counter() - begin
        process.stdout.read()
    if written < count or process.returncode != 0:
        raise RuntimeError(f"{' '.join(command)}: no token, exit {process.returncode}")
    return seconds


def jemma(model, given):
    rates, version = {}, ""
    for arguments in jemma_arguments(given.tests.split(",")):
        out = run(
            [str(BENCH.parent / "jemma"), "bench", str(model), "--json", "--no-probe", "-t", str(given.threads)]
            + ["-r", "1", "-w", str(given.jemma_warm_up)] + arguments
        )
        answer = json.loads(out)
        rates.update({r["test"]: r["samples"][0] for r in answer["results"]})
        rates[PEAK] = max(rates.get(PEAK, 0), answer.get("peak_resident_bytes", 0) / 2**20)
        environment = answer["environment"]
        version = f"{environment['version']}, {environment['provider']}, {environment['jdk']}"
    generate = [str(BENCH.parent / "jemma"), "generate", "-m", str(model), "-n", "1", "-t", str(given.threads), PROMPT]
    rates[START] = seconds_to(len(PROMPT) + 1, generate)  # it repeats the prompt first
    return rates, version


def jemma_arguments(tests):
    """The fewest calls of `jemma bench` for these tests: prompts together, generation by depth."""
    prompts = [t[2:] for t in tests if t.startswith("pp")]
    groups = {}
    for test in tests:
        match = re.fullmatch(r"tg(\d+)(?:@d(\d+))?(?:x(\d+))?", test)
        if match:
            groups.setdefault((match[1], match[2] or "0"), []).append(match[3] or "1")
    calls = [["-g", n, "-d", depth, "-b", ",".join(rows), "-p", "0"] for (n, depth), rows in groups.items()]
    if prompts and calls:
        calls[0][-1] = ",".join(prompts)
    elif prompts:
        calls = [["-p", ",".join(prompts), "-g", "0"]]
    return calls


def undisturbed(name, model, given):
    """The least disturbed of at most 1 + --retries runs: rates, version, and what others took."""
    best = None
    for _ in range(1 + given.retries):
        await_quiet(given.wait)
        neighbours = Neighbours()
        rates, version = measured(name, model, given)
        share = round(neighbours.share(), 3)
        if best is None or share < best[2]:
            best = rates, version, share
        if share < QUIET:
            break
    return best


def compare(model, given):
    RUNS.mkdir(parents=True, exist_ok=True)
    programs = [JEMMA] + [p for p in given.peers.split(",") if p]
    log = RUNS / (model.stem + ".jsonl")
    with log.open("a") as lines:
        for number in range(given.rounds):
            entry = {"model": model.stem, "threads": given.threads, "rates": {}, "versions": {}, "others": {}}
            # whoever starts changes from round to round
            for i in range(len(programs)):
                name = programs[(i + number) % len(programs)]
                try:
                    answer = undisturbed(name, model, given)
                    entry["rates"][name], entry["versions"][name], entry["others"][name] = answer
                except RuntimeError as failure:
                    print(f"{name} failed: {failure}", file=sys.stderr)
            entry["time"] = time.strftime("%Y-%m-%d")
            lines.write(json.dumps(entry) + "\n")
            lines.flush()
            said = f"{model.stem}: round {number + 1} of {given.rounds} {entry['rates']}, others {entry['others']}"
            print(said, file=sys.stderr)


def cpu():
    try:
        text = pathlib.Path("/proc/cpuinfo").read_text()
        return re.search(r"model name\s*: (.*)", text)[1]
    except (OSError, TypeError):
        return "an unnamed CPU"


def table():
    """Markdown of all runs on record: medians, and medians of the ratios within a round."""
    lines = []
    for log in sorted(RUNS.glob("*.jsonl")):
        rounds = [json.loads(line) for line in log.read_text().splitlines()]
        tests = dict.fromkeys(t for r in rounds for rates in r["rates"].values() for t in rates)
        peers = [p for p in ("llama.cpp", "ik_llama.cpp") if any(p in r["rates"] for r in rounds)]
        for test in tests:
            counted = counting(rounds, test)
            cells = [log.stem, test, median_of(counted, JEMMA, test)]
            for peer in ("llama.cpp", "ik_llama.cpp"):
                cells += [median_of(counted, peer, test), ratio_of(counted, [peer], test)]
            cells += [ratio_of(counted, peers, test), str(len(counted)), f"{100 * disturbance(counted):.0f} %"]
            lines.append("| " + " | ".join(cells) + " |")
    head = "| model | test | Jemma | llama.cpp | ratio | ik_llama.cpp | ratio | against the better | rounds | neighbours |"
    return "\n".join([head, "|---|---|---:|---:|---:|---:|---:|---:|---:|---:|"] + lines)


def counting(rounds, test):
    """Rounds less the programs that were disturbed, where Jemma and a peer are left; all rounds if there is none."""
    kept = []
    for r in rounds:
        rates = {n: of for n, of in r["rates"].items() if r["others"][n] < QUIET and test in of}
        if JEMMA in rates and len(rates) > 1:
            kept.append(r | {"rates": rates})
    return kept or [r for r in rounds if test in r["rates"].get(JEMMA, {})]


def disturbance(rounds):
    """The most that others took while a program ran; the median over rounds."""
    return statistics.median(max(r["others"][n] for n in r["rates"]) for r in rounds) if rounds else 0


def median_of(rounds, name, test):
    rates = [r["rates"][name][test] for r in rounds if test in r["rates"].get(name, {})]
    digits = {START: 2, PEAK: 0}.get(test, 1)
    return f"{statistics.median(rates):.{digits}f}" if rates else "–"


def ratio_of(rounds, peers, test):
    ratios = []
    for r in rounds:
        others = [r["rates"][p][test] for p in peers if test in r["rates"].get(p, {})]
        if others and test in r["rates"].get(JEMMA, {}):
            mine = r["rates"][JEMMA][test]
            ratios.append(min(others) / mine if test in LESS_IS_BETTER else mine / max(others))
    return f"{statistics.median(ratios):.2f}×" if ratios else "–"


def note():
    rounds = [json.loads(line) for log in sorted(RUNS.glob("*.jsonl")) for line in log.read_text().splitlines()]
    if not rounds:
        return ""
    versions = {name: version for r in rounds for name, version in r["versions"].items()}
    said = "; ".join(f"{name}: {version}" for name, version in versions.items())
    return (
        f"\n\n{cpu()}, {rounds[-1]['threads']} threads, {rounds[-1]['time']}. Neighbours: the most that others took of "
        f"the machine during a program's run, median of the rounds that count. {said}."
    )


def write(figures):
    text = DOCUMENT.read_text()
    before, rest = text.split(BEGIN, 1)
    after = rest.split(END, 1)[1]
    DOCUMENT.write_text(before + BEGIN + "\n" + figures + "\n" + END + after)
    print(f"wrote {DOCUMENT}", file=sys.stderr)


def random_model(shape, kind):
    MODELS.mkdir(parents=True, exist_ok=True)
    path = MODELS / f"{shape}-{kind}-random.gguf"
    if not path.exists():
        run(
            [str(BENCH.parent / "jemma"), "bench", "--random", shape, "--type", kind, "--keep", str(path)]
            + ["-p", "8", "-g", "0", "-r", "1", "-w", "0", "--no-probe"]
        )
    return path


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("models", nargs="*", type=pathlib.Path)
    arguments.add_argument("--random", metavar="SHAPE")
    arguments.add_argument("--type", default="Q4_0")
    arguments.add_argument("--tests", default="pp512,tg128")
    arguments.add_argument("--threads", type=int, default=max(1, (os.cpu_count() or 2) // 2))
    arguments.add_argument("--rounds", type=int, default=3)
    arguments.add_argument("--warm-up", type=int, default=1, help="runs of a peer before the one that counts")
    arguments.add_argument("--jemma-warm-up", type=int, default=8, help="the same for Jemma, which compiles first")
    arguments.add_argument("--peers", default="llama.cpp,ik_llama.cpp")
    arguments.add_argument("--wait", type=float, default=0, metavar="SECONDS", help="for a quiet moment")
    arguments.add_argument("--retries", type=int, default=0, help="of a run that neighbours disturbed")
    arguments.add_argument("--report", action="store_true", help="run nothing")
    arguments.add_argument("--write", action="store_true", help=f"put the table into {DOCUMENT.name}")
    given = arguments.parse_args()
    models = list(given.models)
    if given.random:
        models.append(random_model(given.random, given.type))
    if not models and not given.report:
        arguments.error("give a model, --random or --report")
    for model in models if not given.report else []:
        compare(model, given)
    figures = table()
    print(figures)
    if given.write:
        write(figures + note())


if __name__ == "__main__":
    main()
