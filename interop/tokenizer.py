#!/usr/bin/env python3
"""Trained tokenizers, beside SentencePiece and Hugging Face tokenizers.

    python3 -m venv venv && venv/bin/pip install -r interop/requirements.txt
    venv/bin/python interop/tokenizer.py [--strings 2000] [TEXT_FILE...]
    venv/bin/python interop/tokenizer.py --write-golden core/src/test/resources/golden/tokenizer/train/mixed.json

1. Trains vocabularies with `jemma train-tokenizer` and with SentencePiece on the same text and settings: pieces, order,
   scores and types must be equal. The texts are the files named, and one made here of words in many scripts.
2. Encodes lines of the text, the lines of the golden records (where ../shared is beside the checkout) and random strings
   three ways, with SentencePiece from tokenizer.model, tokenizers from tokenizer.json, and Jemma from either, and counts
   the strings whose ids differ.
3. Where transformers is installed: has it load the folder, and compares its special tokens, the ids of a text, and a chat
   laid out by the template in the folder.

Exits with 1 if a vocabulary differs, or ids of SentencePiece and Jemma do.
"""

import argparse
import json
import pathlib
import random
import re
import subprocess
import sys
import tempfile

import sentencepiece
import tokenizers

try:
    import transformers
except ImportError:  # its part is left out
    transformers = None

ROOT = pathlib.Path(__file__).resolve().parent.parent
GOLDEN = ROOT.parent / "shared" / "golden" / "tokenizer" / "train"
SPACE = "\u2581"
CONTROL = re.compile("<(pad|eos|bos|unk)>")  # their ids, where special tokens are parsed; never SentencePiece's
GEMMA_SYMBOLS = (
    ["<mask>", "<start_of_turn>", "<end_of_turn>"]
    + ["\n" * n for n in range(1, 5)]
    + [SPACE * n for n in range(2, 17)]
    + ["\t" * n for n in range(1, 5)]
)
SCRIPTS = [  # first and last character
    (0x61, 0x7A), (0x41, 0x5A), (0xC0, 0x17F), (0x391, 0x3C9), (0x410, 0x44F), (0x5D0, 0x5EA), (0x620, 0x64A),
    (0x905, 0x939), (0xE01, 0xE2E), (0xAC00, 0xAC40), (0x3041, 0x3096), (0x30A1, 0x30FC), (0x4E00, 0x4E60),
    (0x1F600, 0x1F640), (0x300, 0x310), (0xFF10, 0xFF19), (0x21, 0x2F), (0x30, 0x39), (0x1D400, 0x1D420),
    (0xE000, 0xE010),
]


def mixed_text(seed, count=4000):
    """Lines of invented words: few enough to repeat, in scripts that meet inside of words."""
    rng = random.Random(seed)
    words = []
    for _ in range(1500):
        word = ""
        for _ in range(rng.choice([1, 1, 1, 2, 3])):
            low, high = rng.choice(SCRIPTS)
            letters = [chr(rng.randint(low, high)) for _ in range(rng.randint(1, 4))]
            word += "".join(rng.choice(letters) for _ in range(rng.randint(1, 6)))
        words.append(word)
    glue = [" "] * 30 + ["  ", "   ", "\t", "", "<b>", "<mask>", " " * 20, SPACE, "\u00a0", "aaaa", " 2024 "]
    lines = []
    for _ in range(count):
        line = ""
        for _ in range(rng.randint(0, 12)):
            line += words[min(int(rng.expovariate(1 / 120)), len(words) - 1)] + rng.choice(glue)
        lines.append(line)
    return "\n".join(lines) + "\n"


# name, flags of Jemma, options of SentencePiece
VARIANTS = [
    ("as Gemma", [], {}),
    ("digits together", ["--no-split-digits"], {"split_digits": False}),
    ("numbers with letters", ["--no-split-digits", "--no-split-by-number"],
     {"split_digits": False, "split_by_number": False}),
    ("scripts together", ["--no-split-by-script"], {"split_by_unicode_script": False}),
    ("short pieces", ["--max-piece-length", "4"], {"max_sentencepiece_length": 4}),
    ("all characters", ["--character-coverage", "1"], {"character_coverage": 1.0}),
    ("required characters", ["--character-coverage", "0.98", "--required-chars", "ae\u00e9"],
     {"character_coverage": 0.98, "required_chars": "ae\u00e9"}),
    ("symbols", ["--symbol", "<b>", "--symbol", "th"], {"user_defined_symbols": GEMMA_SYMBOLS + ["<b>", "th"]}),
    ("plain layout", ["--no-gemma-layout"], {"user_defined_symbols": []}),
]


def jemma(*words):
    run = subprocess.run([ROOT / "jemma", *map(str, words)], capture_output=True, text=True, check=False)
    if run.returncode != 0:
        sys.exit(f"jemma {words[0]}: {run.stderr.strip()}")
    return run.stdout


def train_both(text, size, flags, options, folder):
    jemma("train-tokenizer", text, "--vocab-size", size, "--out", folder, "--held-out", 0, *flags)
    train_reference(text, size, options, folder)


def train_reference(text, size, options, folder):
    settings = dict(
        model_type="bpe", vocab_size=size, byte_fallback=True, split_digits=True, normalization_rule_name="identity",
        add_dummy_prefix=False, remove_extra_whitespaces=False, allow_whitespace_only_pieces=True,
        pad_id=0, eos_id=1, bos_id=2, unk_id=3, pad_piece="<pad>", eos_piece="<eos>", bos_piece="<bos>",
        unk_piece="<unk>", user_defined_symbols=GEMMA_SYMBOLS, max_sentence_length=1 << 30, input_sentence_size=0,
        shuffle_input_sentence=False, num_threads=1, minloglevel=3,
    )
    settings.update(options)
    sentencepiece.SentencePieceTrainer.train(input=str(text), model_prefix=str(folder / "reference"), **settings)


def pieces(model):
    kind = lambda i: (model.is_control(i), model.is_unknown(i), model.is_byte(i), model.is_unused(i))
    return [(model.id_to_piece(i), model.get_score(i), kind(i)) for i in range(model.get_piece_size())]


def difference(folder):
    ours = pieces(sentencepiece.SentencePieceProcessor(model_file=str(folder / "tokenizer.model")))
    reference = pieces(sentencepiece.SentencePieceProcessor(model_file=str(folder / "reference.model")))
    if ours == reference:
        return None
    at = next((i for i, (a, b) in enumerate(zip(ours, reference)) if a != b), min(len(ours), len(reference)))
    missing = {p[0] for p in reference} - {p[0] for p in ours}
    return f"from id {at} on: {ours[at:at + 1]} for {reference[at:at + 1]}; {len(missing)} pieces missing"


def random_strings(count, vocabulary, seed):
    rng = random.Random(seed)
    special = ["<start_of_turn>", "<end_of_turn>", "<mask>", "<0x41>", "\u2585", "\ufffd", "e\u0301", "aaaaaaaa"]
    strings = []
    for _ in range(count):
        text = ""
        low, high = rng.choice(SCRIPTS + [(0x20, 0x7E)] * 10 + [(0x80, 0xD7FF), (0xE000, 0x10FFFF)])
        for _ in range(rng.randint(1, 30)):
            kind = rng.randrange(10)
            if kind == 0:
                text += rng.choice(special)
            elif kind == 1:
                text += " " * rng.choice([1, 2, 3, 5, 17, 40])
            elif kind == 2:
                text += rng.choice("\n\t") * rng.choice([1, 2, 3, 7])
            elif kind <= 5:
                text += rng.choice(vocabulary).replace(SPACE, " ")
            elif kind == 6:
                text += str(rng.randrange(100000))
            else:
                text += "".join(chr(rng.randint(low, high)) for _ in range(rng.randint(1, 8)))
        strings.append(text)
    return strings


def by_jemma(tokenizer, strings, folder):
    texts = folder / "texts.jsonl"
    texts.write_text("".join(json.dumps({"text": s}) + "\n" for s in strings), encoding="utf-8")
    out = jemma("tokenize", "-m", tokenizer, "--special", "--jsonl", texts)
    return [json.loads(line)["ids"] for line in out.splitlines()]


def compare_ids(name, folder, strings):
    model = sentencepiece.SentencePieceProcessor(model_file=str(folder / "tokenizer.model"))
    hugging = tokenizers.Tokenizer.from_file(str(folder / "tokenizer.json"))
    reference = [model.encode(s) for s in strings]
    answers = {
        "tokenizers": [hugging.encode(s, add_special_tokens=False).ids for s in strings],
        "jemma, model": by_jemma(folder / "tokenizer.model", strings, folder),
        "jemma, json": by_jemma(folder / "tokenizer.json", strings, folder),
    }
    differ = {who: [i for i, ids in enumerate(all_ids) if ids != reference[i]] for who, all_ids in answers.items()}
    tokens = sum(map(len, reference))
    print(f"{name}: {len(strings):,} strings, {tokens:,} tokens; other ids than SentencePiece: "
          + ", ".join(f"{who} {len(where)}" for who, where in differ.items()))
    for who, where in differ.items():
        for i in where[:3]:
            print(f"    {who}: {strings[i]!r}\n        {answers[who][i]}\n        {reference[i]}")
    return not differ["jemma, model"] and not differ["jemma, json"]


CHAT = [
    {"role": "system", "content": " Be brief."},
    {"role": "user", "content": "  One?\n"},
    {"role": "assistant", "content": "Two. "},
    {"role": "user", "content": "Three?"},
]
LAID_OUT = (
    "<bos><start_of_turn>user\n Be brief.\n\nOne?<end_of_turn>\n<start_of_turn>model\nTwo.<end_of_turn>\n"
    "<start_of_turn>user\nThree?<end_of_turn>\n"
)


def lays_out(loaded):
    """Whether the chat template does what Gemma 3's does; a vocabulary without turn tokens has none."""
    if "<start_of_turn>" not in loaded.get_vocab():
        return loaded.chat_template is None
    laid_out = loaded.apply_chat_template(CHAT, tokenize=False)
    opened = loaded.apply_chat_template(CHAT[1:2], tokenize=False, add_generation_prompt=True)
    refused = 0
    for wrong in [CHAT[2:], CHAT[:1] + CHAT[2:], [{"role": "user", "content": [{"type": "text", "text": "One?"}]}]]:
        try:
            loaded.apply_chat_template(wrong, tokenize=False)
        except Exception:  # whichever the library raises
            refused += 1
    return (laid_out == LAID_OUT and refused == 3
            and opened == "<bos><start_of_turn>user\nOne?<end_of_turn>\n<start_of_turn>model\n")


def compare_transformers(folder):
    """What transformers makes of the folder as it is: special tokens, a text with one in front, a chat."""
    if transformers is None:
        return True
    loaded = transformers.AutoTokenizer.from_pretrained(folder)
    special = [loaded.pad_token_id, loaded.eos_token_id, loaded.bos_token_id, loaded.unk_token_id]
    plain = tokenizers.Tokenizer.from_file(str(folder / "tokenizer.json"))
    text = "A few words,\n\nand  two   runs of spaces: 2026."
    same = loaded(text)["input_ids"] == [loaded.bos_token_id] + plain.encode(text, add_special_tokens=False).ids
    chat = lays_out(loaded)
    well = special == [0, 1, 2, 3] and same and chat
    print(f"    transformers: <pad>, <eos>, <bos>, <unk> are {special}; {'the same ids behind <bos>' if same else 'OTHER ids'};"
          f" {'chat as expected' if chat else 'ANOTHER chat'}")
    return well


def write_golden(file):
    """A small text and SentencePiece's learned pieces for it, for a test that needs no Python."""
    text = mixed_text(3, 500)
    records = []
    with tempfile.TemporaryDirectory() as scratch:
        folder = pathlib.Path(scratch)
        corpus = folder / "mixed.txt"
        corpus.write_text(text, encoding="utf-8")
        for name, _, options in VARIANTS:
            train_reference(corpus, 1000, options, folder)
            model = sentencepiece.SentencePieceProcessor(model_file=str(folder / "reference.model"))
            settings = dict(
                character_coverage=0.9995, required_chars="", max_sentencepiece_length=16, split_digits=True,
                split_by_number=True, split_by_unicode_script=True, user_defined_symbols=GEMMA_SYMBOLS)
            settings.update(options)
            first = 4 + len(settings["user_defined_symbols"]) + 256
            records.append(dict(name=name, vocab_size=1000, **settings,
                                learned=[model.id_to_piece(i) for i in range(first, model.get_piece_size())]))
    golden = dict(made_with="sentencepiece " + sentencepiece.__version__, text=text, variants=records)
    file.write_text(json.dumps(golden, indent=None) + "\n", encoding="utf-8")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("texts", nargs="*", type=pathlib.Path)
    parser.add_argument("--strings", type=int, default=2000, help="random strings a vocabulary")
    parser.add_argument("--write-golden", type=pathlib.Path, metavar="FILE", help="only write the file of the Java test")
    args = parser.parse_args()
    if args.write_golden:
        write_golden(args.write_golden)
        return 0
    print(f"sentencepiece {sentencepiece.__version__}, tokenizers {tokenizers.__version__}")
    well = True
    with tempfile.TemporaryDirectory() as scratch:
        scratch = pathlib.Path(scratch)
        mixed = scratch / "mixed.txt"
        mixed.write_text(mixed_text(7), encoding="utf-8")
        corpora = [(mixed, 1500, VARIANTS)] + [(text, 4000, VARIANTS[:1]) for text in args.texts]
        for text, size, variants in corpora:
            lines = [line for line in text.read_text(encoding="utf-8").split("\n")[:2000] if line]
            golden = []
            for records in sorted(GOLDEN.glob("*_encode.jsonl")) if GOLDEN.is_dir() else []:
                golden += [json.loads(line)["text"] for line in records.read_text(encoding="utf-8").splitlines()]
            for variant, flags, options in variants:
                name = f"{text.name}, {size} pieces, {variant}"
                folder = scratch / name.replace(" ", "-")
                folder.mkdir()
                train_both(text, size, flags, options, folder)
                wrong = difference(folder)
                print(f"{name}: " + (f"NOT the vocabulary of SentencePiece, {wrong}" if wrong else "same vocabulary"))
                well &= wrong is None
                vocabulary = [p[0] for p in pieces(
                    sentencepiece.SentencePieceProcessor(model_file=str(folder / "tokenizer.model"))) if not any(p[2])]
                strings = [s for s in lines + golden if not CONTROL.search(s)] + random_strings(args.strings, vocabulary, seed=11)
                well &= compare_ids(name, folder, strings)
                well &= compare_transformers(folder)
    return 0 if well else 1


if __name__ == "__main__":
    sys.exit(main())
