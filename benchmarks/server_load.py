"""Many clients at once: does batching pay, does anything get lost or mixed up, does memory stay flat?

    python -m benchmarks.server_load BUNDLE [--clients 64] [--seconds 60]

Starts `skaz serve` twice over, once with a batch of 64 places and once with one, and lets the same clients stream
stories from it, each from a plan and a seed of its own. Then some of the stories are asked for again, alone, and must
be the same to the letter. The clients are a process of their own, which shares the processors with the server.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import re
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median, quantiles

from benchmarks.harness import print_json, print_table

PORT = 8790
WORDS = (
    "fox",
    "lantern",
    "river",
    "bear",
    "drum",
    "mill",
    "storm",
    "cat",
    "key",
    "boat",
    "owl",
    "bell",
    "garden",
    "snow",
)
TOKENS = 100
ALONE = 64  # stories that are asked for again
_TOKEN = b"event: token\n"


@dataclass
class Story:
    """A request and what came of it."""

    seed: int
    plan: list[str]
    raw: bytes = b""
    first_s: float = 0.0
    whole: bool = False

    def events(self) -> list[tuple[str, dict[str, object]]]:
        """The events of the stream."""
        found = re.findall(rb"event: (\w+)\ndata: (.*)\n\n", _unchunked(self.raw))
        return [(name.decode(), json.loads(data)) for name, data in found]

    def text(self) -> str:
        """What was told, token by token."""
        return "".join(str(data["text"]) for name, data in self.events() if name == "token")


@dataclass
class Load:
    """A run: its stories, and the server's memory every second."""

    seconds: float
    stories: list[Story] = field(default_factory=list)
    memory_mb: list[float] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    @property
    def tokens(self) -> int:
        """Tokens that came."""
        return sum(story.raw.count(_TOKEN) for story in self.stories)

    @property
    def tokens_per_s(self) -> float:
        """The throughput of all clients together."""
        return self.tokens / self.seconds


def _unchunked(raw: bytes) -> bytes:
    """The body of an HTTP/1.1 answer in chunks."""
    body, at = b"", raw.index(b"\r\n\r\n") + 4
    while at < len(raw):
        end = raw.find(b"\r\n", at)
        if end < 0:
            break
        size = int(raw[at:end], 16)
        if not size:
            break
        body += raw[end + 2 : end + 2 + size]
        at = end + 4 + size
    return body


async def ask(bundle: str, story: Story, client: int) -> None:
    """Streams one story. Reads bytes and no more, to leave the processors to the server."""
    body = {
        "bundle": bundle,
        "plan": story.plan,
        "seed": story.seed,
        "max_tokens": TOKENS,
        "settings": {"temperature": 0.8},
        "user": f"client {client}",
    }
    data = json.dumps(body).encode()
    reader, writer = await asyncio.open_connection("127.0.0.1", PORT, limit=2**20)
    try:
        head = f"POST /api/write HTTP/1.1\r\nHost: 127.0.0.1:{PORT}\r\nContent-Type: application/json\r\n"
        begun = time.perf_counter()
        writer.write(f"{head}Content-Length: {len(data)}\r\nConnection: close\r\n\r\n".encode() + data)
        parts = []
        while part := await reader.read(2**16):
            parts.append(part)
            if not story.first_s and _TOKEN in part:
                story.first_s = time.perf_counter() - begun
        story.raw = b"".join(parts)
        story.whole = True
    except asyncio.CancelledError:
        story.raw = b"".join(parts)
        raise
    finally:
        writer.close()


async def load(bundle: str, clients: int, seconds: float, process: int) -> Load:
    """Clients that ask for one story after another for so many seconds."""
    run = Load(seconds)

    async def client(number: int) -> None:
        rng = random.Random(number)
        while True:
            story = Story(rng.randrange(2**31), rng.sample(WORDS, 3))
            run.stories.append(story)
            await ask(bundle, story, number)
            if not story.raw.startswith(b"HTTP/1.1 200") or not story.raw.rstrip().endswith(b"0"):
                run.faults.append(story.raw[:300].decode(errors="replace"))

    begun = time.perf_counter()
    tasks = [asyncio.create_task(client(number)) for number in range(clients)]
    while time.perf_counter() - begun < seconds:
        await asyncio.sleep(1)
        run.memory_mb.append(_memory_mb(process))
    run.seconds = time.perf_counter() - begun
    for task in tasks:
        task.cancel()
    for ended in await asyncio.gather(*tasks, return_exceptions=True):
        if isinstance(ended, Exception):
            run.faults.append(repr(ended))
    return run


def _memory_mb(process: int) -> float:
    """What a process holds in memory (Linux)."""
    return int(Path(f"/proc/{process}/statm").read_text().split()[1]) * 4096 / 1e6


@asynccontextmanager
async def server(bundle: Path, rows: int, threads: int) -> AsyncIterator[int]:
    """`skaz serve` in a process of its own; its number."""
    options = ["--port", str(PORT), "--rows", str(rows), "--threads", str(threads), "--waiting", "1000"]
    command = [sys.executable, "-m", "skaz", "serve", str(bundle), *options]
    running = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    try:
        for _ in range(300):
            await asyncio.sleep(0.1)
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", PORT)
            except OSError:
                continue
            writer.close()
            break
        await ask(bundle.resolve().name, Story(0, ["fox"]), 0)  # opens the bundle
        yield running.pid
    finally:
        running.terminate()
        running.wait(60)


async def measure(bundle: Path, clients: int, seconds: float, rounds: int) -> dict[str, object]:
    """The runs, by turns, so that what else the machine does falls on both alike."""
    runs: dict[int, list[Load]] = {clients: [], 1: []}
    mixed = again = 0
    for _ in range(rounds):
        for rows, done in runs.items():
            async with server(bundle, rows, 1) as process:
                done.append(await load(bundle.resolve().name, clients, seconds, process))
                if rows == clients:
                    whole = [story for story in done[-1].stories if story.whole]
                    for story in whole[:: max(len(whole) // ALONE, 1)]:
                        alone = Story(story.seed, story.plan)
                        await ask(bundle.resolve().name, alone, 0)
                        again += 1
                        mixed += alone.text() != story.text()
    together, apart = runs[clients], runs[1]
    ratios = [one.tokens_per_s / other.tokens_per_s for one, other in zip(together, apart, strict=True)]
    first = [story.first_s for run in together for story in run.stories if story.first_s]
    memory = together[-1].memory_mb
    return {
        "clients": clients,
        "seconds": seconds,
        "rounds": rounds,
        "stories": sum(story.whole for run in together for story in run.stories),
        "faults": [fault for run in (*together, *apart) for fault in run.faults][:5],
        "tokens_per_s": round(median(run.tokens_per_s for run in together)),
        "tokens_per_s_one_place": round(median(run.tokens_per_s for run in apart)),
        "ratio": round(median(ratios), 2),
        "ratios": [round(ratio, 2) for ratio in ratios],
        "first_word_median_ms": round(1000 * median(first), 1),
        "first_word_p95_ms": round(1000 * quantiles(first, n=20)[-1], 1),
        "asked_again_alone": again,
        "not_the_same": mixed,
        "memory_mb": [round(memory[len(memory) * part // 4]) for part in range(1, 4)] + [round(memory[-1])],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bundle", type=Path)
    parser.add_argument("--clients", type=int, default=64)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args()
    found = asyncio.run(measure(asked.bundle, asked.clients, asked.seconds, asked.rounds))
    print_table(["measure", "found"], list(found.items()))
    print_json({"benchmark": "server_load", **found})


if __name__ == "__main__":
    main()
