"""How fast a translator is trained, beside the peers and the machine's limit, in one run.

    python -m benchmarks.training_speed train.en train.de --seconds 60 --rounds 3
    make peers; python -m benchmarks.training_speed train.en train.de --plot docs/training_speed.svg

Bidirectional LSTM of 256 a direction, decoder 512, embedding 256, general attention, a joint BPE vocabulary of 8,000,
batches of about 4,096 target tokens. Everybody gets the same tokens, as words between spaces, and trains in a process
of its own for `--seconds`, one after the other, `--rounds` times; the figure is the median of target tokens a second,
the end of a sentence counted as one, after a warming-up of a quarter of the time. The peers that `make peers` has
installed take part, or those that `--peer` names with the interpreter of their environment; benchmarks/peers/ has what
each is told.

`limit_gflops` is a product of 2,048 × 2,048 matrices in bfloat16 on all threads, the best of the run's; a contestant's
`fraction_of_limit` counts the products of its own network, forward and back, over real tokens alone, not padding.
`lstm_gflops` is torch's own LSTM (cuDNN's on a GPU) of the decoder's shape in bfloat16, on numbers that are there.

Where there is a GPU, skaz and plain PyTorch are trained on it (`--device cpu`: not); the peers are told of processors
alone and then take no part.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

import torch

from benchmarks.harness import plot_speeds, print_json, print_table, spread
from benchmarks.peers import eole, joeynmt, opennmt, yoyodyne
from benchmarks.peers.shape import DECODER, EMBEDDING, ENCODER, Data, Peer, interpreter
from skaz.corpus.shards import Shards
from skaz.nn.cells import run_layer
from skaz.recipe_reading import read_recipe
from skaz.tasks.preparing import prepare_for
from skaz.text.tokenizer import SOURCE_TOKENIZER_FILE, Tokenizer

PEERS: dict[str, Peer] = {each.name: each for each in (joeynmt.PEER, opennmt.PEER, eole.PEER, yoyodyne.PEER)}
OURS = {
    "task": "translate",
    "model.attention": "general",
    "model.encoder.embeddings_in_memory": False,
    "model.encoder.hidden_size": ENCODER,
    "model.decoder.hidden_size": DECODER,
    "model.embedding_size": EMBEDDING,
}


@dataclass(frozen=True)
class Contestant:
    """Who trains: the command that does it for so many seconds, what reads its log, and the size of what its output
    layer reads and writes."""

    command: Callable[[float], Sequence[str]]
    tokens_per_s: Callable[[str], float]
    output_inputs: int
    output_types: int


@dataclass(frozen=True)
class Figures:
    """What came of a contestant: the median of its rounds and each of them, and what its network's products make of
    the machine's limit and of torch's LSTM."""

    target_tokens_per_s: int
    rounds: list[int]
    mflop_per_target: float
    fraction_of_limit: float
    over_lstm: float


def figures(speeds: Sequence[float], flop: float, limit: Mapping[str, float]) -> Figures:
    """Of a contestant whose network takes so many operations a target token."""
    median = statistics.median(speeds)
    return Figures(
        target_tokens_per_s=round(median),
        rounds=[round(speed) for speed in speeds],
        mflop_per_target=round(flop / 1e6, 1),
        fraction_of_limit=round(median * flop / limit["bf16"] / 1e9, 3),
        over_lstm=round(median * flop / limit["lstm"] / 1e9, 3),
    )


def flop_per_target(data: Data, output_inputs: int, output_types: int) -> float:
    """Operations of the matrix products for a target token and its share of the source's, forward and back (three
    times forward's; two operations a weight)."""
    memory = 2 * ENCODER
    source = 2 * 4 * ENCODER * (EMBEDDING + ENCODER) + memory * DECODER
    target = 4 * DECODER * (EMBEDDING + DECODER) + (memory + DECODER) * output_inputs + output_inputs * output_types
    attention = 2 * data.mean_source * memory
    return 6 * (source * data.sources_per_target + target + attention)


def installed_peers() -> dict[str, str]:
    """The interpreters of the peers that `make peers` has installed."""
    return {name: python for name in PEERS if (python := interpreter(name)) is not None}


def prepare_data(files: Sequence[str], folder: Path) -> Data:
    """The corpus prepared by skaz, and its tokens as words between spaces for the others."""
    recipe = read_recipe(overrides={**OURS, "text.validation_fraction": 0.01})
    prepared = prepare_for(recipe, files, folder / "corpus")
    parts = {part: Shards.open(prepared.path / part) for part in ("valid", "train")}
    joint = Tokenizer.load(prepared.path / SOURCE_TOKENIZER_FILE)
    return Data.write(parts, prepared.tokenizer.vocabulary_size, joint.vocabulary_size, folder)


def limit_gflops(precision: torch.dtype, device: torch.device, size: int = 2048) -> float:
    """The best of products of square matrices."""
    one, other = (torch.randn(size, size, device=device, dtype=precision) for _ in range(2))
    return 2 * size**3 / _shortest_s(lambda: one @ other, device, 2.0) / 1e9


def lstm_gflops(device: torch.device, rows: int = 256, steps: int = 16) -> float:
    """The best of updates of an LSTM of the decoder's shape in bfloat16, forward and back, without a loss."""
    lstm = torch.nn.LSTM(EMBEDDING, DECODER, batch_first=True, device=device)
    inputs_BTE = torch.randn(rows, steps, EMBEDDING, device=device, requires_grad=True)
    past = (torch.zeros(1, rows, DECODER, device=device),) * 2

    def update() -> None:
        with torch.autocast(device.type, torch.bfloat16):
            outputs_BTH, _ = run_layer(lstm, inputs_BTE, past)  # autocast by itself is float16 on a GPU
        outputs_BTH.sum().backward()  # type: ignore[no-untyped-call]

    flop = 6 * rows * steps * 4 * DECODER * (EMBEDDING + DECODER)
    return flop / _shortest_s(update, device, 4.0) / 1e9


def limit_gbytes(device: torch.device, megabytes: int = 256) -> float:
    """The best of copies of a block that fits into no cache; what is read and what is written both count."""
    block, copy = torch.randn(megabytes * 2**18, device=device), torch.empty(megabytes * 2**18, device=device)
    return 2 * block.nbytes / _shortest_s(lambda: copy.copy_(block), device, 1.0) / 1e9


def limits(device: torch.device) -> dict[str, float]:
    """What the machine can do, in GFLOP/s, and in GB/s."""
    return {
        "fp32": limit_gflops(torch.float32, device),
        "bf16": limit_gflops(torch.bfloat16, device),
        "lstm": lstm_gflops(device),
        "gbytes": limit_gbytes(device),
    }


def _shortest_s(work: Callable[[], object], device: torch.device, seconds: float) -> float:
    """How long a piece of work takes at its quickest, of those that are done in so many seconds."""
    best, ends = float("inf"), time.perf_counter() + seconds
    while time.perf_counter() < ends:
        begun = time.perf_counter()
        work()
        if device.type == "cuda":
            torch.cuda.synchronize(device)
        best = min(best, time.perf_counter() - begun)
    return best


def contestants(data: Data, peers: dict[str, str], threads: int, device: torch.device) -> dict[str, Contestant]:
    """Everybody who takes part, by name."""
    this, own = sys.executable, [str(data.folder), "--threads", str(threads), "--device", str(device)]

    def ours(module: str, *more: str) -> Callable[[float], Sequence[str]]:
        return lambda seconds: [this, "-m", module, *own, "--seconds", str(seconds), *more]

    found = {
        "skaz": Contestant(ours("benchmarks.peers.skaz"), _last_number, EMBEDDING, data.written),
        "skaz, AdamW": Contestant(
            ours("benchmarks.peers.skaz", "--set", "training.optimiser=adamw"),
            _last_number,
            EMBEDDING,
            data.written,
        ),
    }
    for precision in ("fp32", "bf16"):
        command = ours("benchmarks.peers.plain", "--precision", precision)
        found[f"plain PyTorch, {precision}"] = Contestant(command, _last_number, DECODER, data.vocabulary_size)
    for name, python in peers.items():
        peer = PEERS[name]
        found[f"{name} {peer.version(python)}"] = Contestant(
            partial(peer.command, python, data, threads),
            peer.tokens_per_s,
            DECODER,
            peer.types(data),
        )
    return found


def _last_number(log: str) -> float:
    return float(log.rsplit(maxsplit=1)[-1])


def race(
    each: dict[str, Contestant], folder: Path, *, seconds: float, rounds: int, threads: int, device: torch.device
) -> dict[str, list[float]]:
    """Target tokens a second of everybody, a number a round; who fails is told of and left out."""
    speeds: dict[str, list[float]] = {}
    environment = os.environ | {"OMP_NUM_THREADS": str(threads)}
    if device.type == "cpu":
        environment["CUDA_VISIBLE_DEVICES"] = ""
    for turn in range(rounds):
        for name, contestant in each.items():
            log = folder / f"{name.split()[0].strip(',')}.{turn}.log"
            with log.open("w") as file:
                done = subprocess.run(
                    list(contestant.command(seconds)),
                    stdout=file,
                    stderr=subprocess.STDOUT,
                    env=environment,
                    check=False,
                )
            try:
                speed = contestant.tokens_per_s(log.read_text(errors="replace"))
            except (ValueError, IndexError, ArithmeticError, StopIteration, statistics.StatisticsError):
                tail = "\n".join(log.read_text(errors="replace").splitlines()[-15:])
                print(f"{name} gave no figure (exit code {done.returncode}):\n{tail}", file=sys.stderr)
                continue
            print(f"round {turn + 1}, {name}: {speed:,.0f} target tokens/s", file=sys.stderr)
            speeds.setdefault(name, []).append(speed)
    return speeds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs=2, metavar="FILE", help="sources and targets, line by line")
    parser.add_argument("--peer", action="append", metavar="NAME=PYTHON", help=", ".join(PEERS))
    parser.add_argument("--plot", type=Path, help="draw the speeds there (.svg or .png)")
    parser.add_argument("--only", action="append", default=[], help="of the others than peers, who takes part")
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--device", help="cpu or cuda [default: the GPU, where there is one]")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    device = torch.device(arguments.device or ("cuda" if torch.cuda.is_available() else "cpu"))
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        data = prepare_data(arguments.files, folder)
        peers = installed_peers() if arguments.peer is None else dict(each.split("=", 1) for each in arguments.peer)
        if device.type != "cpu":
            peers = {}
        each = contestants(data, peers, arguments.threads, device)
        if arguments.only:
            each = {name: one for name, one in each.items() if name in arguments.only or name.split()[0] in peers}
        before = limits(device)
        speeds = race(
            each, folder, seconds=arguments.seconds, rounds=arguments.rounds, threads=arguments.threads, device=device
        )
        limit = {name: max(value, before[name]) for name, value in limits(device).items()}
    result = {
        name: figures(found, flop_per_target(data, each[name].output_inputs, each[name].output_types), limit)
        for name, found in speeds.items()
    }
    of_peers = [one.target_tokens_per_s for name, one in result.items() if name.split()[0] in peers]
    fastest = max(of_peers, default=None)
    rows = [
        [
            name,
            f"{one.target_tokens_per_s:,}",
            spread(speeds[name]),
            f"{one.mflop_per_target}",
            f"{100 * one.fraction_of_limit:.0f} %",
            f"{one.target_tokens_per_s / fastest:.2f}" if fastest else "",
        ]
        for name, one in result.items()
    ]
    columns = [
        "",
        "target tokens/s",
        "least to most",
        "MFLOP a target token",
        "of the bf16 limit",
        "over the fastest peer",
    ]
    print_table(columns, rows)
    if arguments.plot:
        plot_speeds(speeds, arguments.plot)
    print(
        f"\nlimits: {limit['fp32']:.0f} GFLOP/s in fp32, {limit['bf16']:.0f} in bf16, "
        f"{limit['lstm']:.0f} by torch's LSTM, {limit['gbytes']:.0f} GB/s copied"
    )
    as_json = {name: asdict(one) for name, one in result.items()}
    print_json(
        {
            "benchmark": "training_speed",
            "device": str(device),
            "limits": limit,
            "contestants": as_json,
            **as_json.get("skaz", {}),
        }
    )


if __name__ == "__main__":
    main()
