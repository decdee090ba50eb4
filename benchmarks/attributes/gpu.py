"""How fast the span tagger reads on a GPU, how busy it keeps it, and what holds it up.

python -m benchmarks.attributes.gpu                 AliExpress titles with their questions, PriceRunner's with three
python -m benchmarks.attributes.gpu --device cpu --texts 200 --budgets 1     the same where there is no GPU

The tagger is fitted on all AliExpress texts but the first of five folds by text, then asked; F1 is over that fold,
pooled with the span model as `kgspark evaluate attributes` pools them. A budget is the tokens of one forward batch,
padding included; 1 is text by text. It reads texts whose spans are described already; `lower` is the tokenizer, the
places of spans and the frozen layers. `busy` is the time of all kernels, as torch's profiler counts it, over the time
of a run without profiler; `smi` is what nvidia-smi says. `whole` is the reader as the stage asks it. KGSPARK_DATA names
the folder of the real data.
"""

from __future__ import annotations

import argparse
import csv
import functools
import gzip
import json
import os
import subprocess
import sys
import threading
import time
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from kgspark.extract.trained import span_model, tagger, tagger_training
from kgspark.extract.trained.answers import Question
from kgspark.extract.trained.attribute_model import Asked, AttributeModel
from kgspark.extract.trained.benchmark_files import Item, read
from kgspark.extract.trained.evaluate_attributes import Asked as Judged
from kgspark.extract.trained.evaluate_attributes import Score
from kgspark.extract.trained.span_features import Spans, describe
from kgspark.extract.trained.tagger import Tagger

DATA = Path(os.environ.get("KGSPARK_DATA", Path(__file__).resolve().parents[2].parent / "shared/data"))
ALIEXPRESS, PRICERUNNER = "attributes/ae_110k_subset/train.jsonl.gz", "catalogs/pricerunner/offers.csv.gz"
OF_PRICERUNNER = ("Brand Name", "Model Number", "Color")
BUDGETS = (1, 1024, 8192, 65536, 262144)
# Of the encoder's six layers for a token, attention's own left out.
_OPERATIONS = 2 * 6 * 12 * 384**2


@dataclass(frozen=True)
class Asking:
    """Texts, their described spans, and what is asked of each."""

    texts: list[Asked]
    spans: list[Spans]

    def read(self, model: Tagger) -> None:
        """The tagger alone."""
        tokens = model.lower([text.parts for text in self.texts], self.spans)
        model.span_scores(tokens, [text.attributes for text in self.texts])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", choices=["cuda", "cpu"], default="cuda")
    parser.add_argument("--texts", type=int, default=16384, help="texts to ask, taken round and round")
    parser.add_argument("--budgets", type=int, nargs="+", default=list(BUDGETS))
    parser.add_argument("--epochs", type=int, default=tagger_training.EPOCHS)
    parser.add_argument("--beside-cpu", type=int, default=0, help="texts to ask of the same tagger on a CPU as well")
    args = parser.parse_args()
    if args.device == "cuda" and not torch.cuda.is_available():
        sys.exit("no CUDA device here; --device cpu tries the script without one")
    torch.set_num_threads(1)
    items = read(DATA / ALIEXPRESS)
    held = [zlib.crc32("\n".join(item.parts).encode("utf-8", "surrogatepass")) % 5 == 0 for item in items]
    model, report = fitted([item for item, out in zip(items, held, strict=True) if not out], args)
    print(json.dumps(report | judged(model, [item for item, out in zip(items, held, strict=True) if out])), flush=True)
    asked = [Asked(item.parts, item.category, tuple(item.answers)) for item in items]
    for name, texts in (("AliExpress", asked), ("PriceRunner", titles(4000))):
        asking = described(texts, args.texts)
        for budget in args.budgets:
            print(json.dumps({"texts": name, "budget": budget} | speed(model, asking, budget)), flush=True)
        print(json.dumps({"texts": name} | whole(model, texts[:1500])), flush=True)
        if args.beside_cpu:
            print(json.dumps({"texts": name} | beside_cpu(model, asking, args.beside_cpu)), flush=True)
    return 0


def fitted(items: Sequence[Item], args: argparse.Namespace) -> tuple[AttributeModel, dict[str, Any]]:
    """The reader, the seconds that its parts took to fit, and how busy that kept the GPU."""
    texts = [describe(item.parts, item.category) for item in items]
    questions = [Question(at, name, right) for at, item in enumerate(items) for name, right in item.answers.items()]
    start = time.perf_counter()
    spans = span_model.fit(texts, questions)
    found: list[Tagger] = []

    span_seconds, parts = time.perf_counter() - start, [item.parts for item in items]

    def fit() -> None:
        found.append(tagger_training.fit(parts, texts, questions, spans.answers, args.epochs, args.device))

    if args.device == "cuda":
        # Its libraries are loaded on first use.
        tagger_training.fit(parts[:1], texts[:1], [Question(0, "Brand Name")], spans.answers, 1, args.device)
    figures = _timed(fit, args.device)
    name = torch.cuda.get_device_name() if args.device == "cuda" else "cpu"
    report = {"device": name, "texts": len(items), "span_model_seconds": round(span_seconds, 2), "tagger": figures}
    return AttributeModel(spans, found[-1]), report


def judged(model: AttributeModel, items: Sequence[Item]) -> dict[str, Any]:
    """Scores over held-out items."""
    answers = model.answers_all([Asked(item.parts, item.category, tuple(item.answers)) for item in items])
    found = [
        Judged(name, right, answer[name].value, answer[name].probability, 0)
        for item, answer in zip(items, answers, strict=True)
        for name, right in item.answers.items()
    ]
    return {"held_out": Score.of(found).record()}


def titles(count: int) -> list[Asked]:
    """PriceRunner titles, in equal steps."""
    with gzip.open(DATA / PRICERUNNER, "rt", encoding="utf-8", newline="") as lines:
        rows = [row["product_title"] for row in csv.DictReader(lines)]
    return [Asked((title,), "", OF_PRICERUNNER) for title in rows[:: max(1, len(rows) // count)][:count]]


def described(texts: Sequence[Asked], count: int) -> Asking:
    """``count`` texts, round and round, with their spans."""
    spans = [describe(text.parts, text.category) for text in texts[:count]]
    rounds = [at % len(spans) for at in range(count)]
    return Asking([texts[at] for at in rounds], [spans[at] for at in rounds])


def speed(model: AttributeModel, asking: Asking, budget: int) -> dict[str, Any]:
    """The tagger alone at a budget."""
    assert model.tagger is not None
    read_by = model.tagger
    tagger.GPU_TOKENS, tagger.GPU_ASKED = budget, 4 * budget
    every = 1 if budget > 1 else 40  # Text by text a part is enough.
    part = Asking(asking.texts[::every], asking.spans[::every])
    Asking(part.texts[:512], part.spans[:512]).read(read_by)
    figures = _timed(functools.partial(part.read, read_by), read_by.device.type)
    start = time.perf_counter()
    tokens = read_by.lower([text.parts for text in part.texts], part.spans)
    _wait(read_by.device.type)
    lower = time.perf_counter() - start
    start = time.perf_counter()
    cut = read_by.packaged.tokenizer.encode_batch([text.parts[0].lower() for text in part.texts])
    tokenizer = time.perf_counter() - start
    count, questions = len(tokens), sum(len(text.attributes) for text in part.texts)
    read_tokens, seconds = sum(len(each.ids) for each in cut), figures["seconds"]
    return {
        "texts_a_second": round(count / seconds),
        "questions_a_second": round(questions / seconds),
        "tokens_a_text": round(read_tokens / count, 1),
        "tflops": round(read_tokens * _OPERATIONS / seconds / 1e12, 3),
        "lower_seconds": round(lower, 3),
        "tokenizer_seconds": round(tokenizer, 3),
    } | figures


def whole(model: AttributeModel, texts: Sequence[Asked]) -> dict[str, Any]:
    """The reader as the stage asks it, with the tagger and without."""
    assert model.tagger is not None
    tagger.GPU_TOKENS, tagger.GPU_ASKED = 65536, 262144
    found = {}
    for name, reader in (("whole", model), ("span_model_alone", AttributeModel(model.spans))):
        figures = _timed(functools.partial(_ask, reader, texts), model.tagger.device.type)
        found[name] = {"texts_a_second": round(len(texts) / figures["seconds"])} | figures
    return found


def _ask(reader: AttributeModel, texts: Sequence[Asked]) -> list[Any]:
    return list(reader.answers_all(texts))


def beside_cpu(model: AttributeModel, asking: Asking, count: int) -> dict[str, Any]:
    """The same tagger on one core of this machine."""
    other = Tagger("cpu").eval()
    assert model.tagger is not None
    other.load_state_dict({name: value.cpu() for name, value in model.tagger.state_dict().items()})
    part = Asking(asking.texts[:count], asking.spans[:count])
    return {"cpu_texts_a_second": round(count / _timed(lambda: part.read(other), "cpu")["seconds"], 1)}


def _timed(run: Callable[[], object], device: str) -> dict[str, Any]:
    """Seconds of a run, what nvidia-smi said meanwhile, and the share of that time in which a kernel ran."""
    with _Watch(device) as watch:
        start = time.perf_counter()
        run()
        _wait(device)
        seconds = time.perf_counter() - start
    figures: dict[str, Any] = {"seconds": round(seconds, 3)}
    if device == "cuda":
        with torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CUDA]) as profile:
            run()
            _wait(device)
        events = [event for event in profile.events() or () if str(event.device_type).endswith("CUDA")]
        copies = sum(event.time_range.elapsed_us() for event in events if "Mem" in event.name) / 1e6
        kernels = sum(event.time_range.elapsed_us() for event in events) / 1e6 - copies
        figures |= {"busy": round(kernels / seconds, 3), "copies": round(copies / seconds, 3), "events": len(events)}
        figures |= watch.said()
    return figures


def _wait(device: str) -> None:
    if device == "cuda":
        torch.cuda.synchronize()


class _Watch:
    """Utilisation and memory as nvidia-smi gives them, ten times a second."""

    def __init__(self, device: str) -> None:
        query = [
            "nvidia-smi",
            "--query-gpu=utilization.gpu,memory.used",
            "--format=csv,noheader,nounits",
            "-lms",
            "100",
        ]
        self._query = query if device == "cuda" else []
        self._lines: list[str] = []

    def __enter__(self) -> _Watch:
        if self._query:
            self._process = subprocess.Popen(self._query, stdout=subprocess.PIPE, text=True)
            self._reader = threading.Thread(target=lambda: self._lines.extend(self._process.stdout or ()))
            self._reader.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._query:
            self._process.terminate()
            self._reader.join()

    def said(self) -> dict[str, Any]:
        """Means over the samples."""
        rows = [[float(value) for value in line.split(",")] for line in self._lines if line.count(",") == 1]
        use, memory = (
            (round(sum(column) / len(rows), 1) for column in zip(*rows, strict=True)) if rows else (None, None)
        )
        return {"smi": use, "memory_mb": memory}


if __name__ == "__main__":
    sys.exit(main())
