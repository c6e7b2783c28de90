"""Measures fine-tuning with PyTorch, transformers and PEFT on the CPU, float32, and prints JSON.

    peers_train.py FOLDER --test full|lora|chats --threads 2 --steps 3 [--data chats.jsonl] [--rank 16] [--batch 4]

full and lora: one sequence of 512 random tokens a step, every token a target; all weights, or LoRA on all linear layers.
chats: LoRA on all conversations of a file, as many a step as --batch says, padded on the right to the longest of them,
loss on the model's turns alone. One step that does not count comes first. FOLDER is a Hugging Face folder of the model.
"""

import argparse
import json
import os
import resource
import sys
import time


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder")
    parser.add_argument("--test", choices=["full", "lora", "chats"], required=True)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--steps", type=int, default=3)
    parser.add_argument("--data")
    parser.add_argument("--rank", type=int, default=16)
    parser.add_argument("--batch", type=int, default=4)
    parser.add_argument("--max-length", type=int, default=512)
    return parser.parse_args()


def chats(path, folder, max_length):
    """Token ids and labels of {"prompt", "response"} or {"instruction", "output"|"response"} lines, in Gemma's format."""
    import sentencepiece

    pieces = sentencepiece.SentencePieceProcessor(os.path.join(folder, "tokenizer.model"))
    start, end = pieces.piece_to_id("<start_of_turn>"), pieces.piece_to_id("<end_of_turn>")
    newline = pieces.encode("\n")
    examples = []
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            question = row.get("prompt") or "\n".join(filter(None, [row.get("instruction"), row.get("input")]))
            answer = row.get("response") or row.get("output") or row.get("completion")
            if not question or not answer:
                sys.exit(f"{path}: a line with neither prompt/response nor instruction/output")
            asked = [2, start] + pieces.encode("user\n" + question.strip()) + [end] + newline
            asked += [start] + pieces.encode("model\n")
            told = pieces.encode(answer.strip()) + [end]
            ids = (asked + told)[:max_length]
            if len(ids) > len(asked):
                examples.append((ids, [-100] * len(asked) + ids[len(asked) :]))
    return examples


def padded(rows):
    import torch

    longest = max(len(ids) for ids, _ in rows)
    return {
        "input_ids": torch.tensor([ids + [0] * (longest - len(ids)) for ids, _ in rows]),
        "attention_mask": torch.tensor([[1] * len(ids) + [0] * (longest - len(ids)) for ids, _ in rows]),
        "labels": torch.tensor([labels + [-100] * (longest - len(labels)) for _, labels in rows]),
    }


def main():
    args = arguments()
    import torch
    import transformers
    from transformers import AutoModelForCausalLM

    torch.manual_seed(0)
    torch.set_num_threads(args.threads)
    model = AutoModelForCausalLM.from_pretrained(args.folder, dtype=torch.float32, attn_implementation="sdpa")
    if args.test != "full":
        from peft import LoraConfig, get_peft_model

        adapter = LoraConfig(r=args.rank, lora_alpha=args.rank, target_modules="all-linear", task_type="CAUSAL_LM")
        model = get_peft_model(model, adapter)
    model.train()
    trained = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(trained, lr=1e-5)
    if args.test == "chats":
        examples = chats(args.data, args.folder, args.max_length)
        batches = [padded(examples[i : i + args.batch]) for i in range(0, len(examples), args.batch)]
        batches.insert(0, batches[0])
    else:
        ids = torch.randint(1000, 200_000, (args.steps + 1, 1, 512))
        batches = [{"input_ids": row, "labels": row} for row in ids]
    losses = []
    for step, batch in enumerate(batches):
        if step == 1:
            start = time.perf_counter()
        optimizer.zero_grad()
        loss = model(**batch).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(trained, 1.0)
        optimizer.step()
        losses.append(loss.item())
    seconds = time.perf_counter() - start
    tokens = sum(int((b["attention_mask"] if "attention_mask" in b else b["input_ids"] * 0 + 1).sum()) for b in batches[1:])
    print(
        json.dumps(
            {
                "peer": f"torch {torch.__version__}, transformers {transformers.__version__}",
                "test": args.test,
                "tokens_per_second": tokens / seconds,
                "examples_per_second": sum(len(b["input_ids"]) for b in batches[1:]) / seconds,
                "peak_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
                "losses": losses,
            }
        )
    )


if __name__ == "__main__":
    main()
