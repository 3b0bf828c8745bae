"""The peer of the query benchmark: the same two-step flow with elasticsearch-py, and the table of both.

Usage: query_peer.py profiles FEATURES.jsonl COUNT                 (profiles of users and their like, one a line)
       query_peer.py peer URL ALIAS PROFILES COUNT                 (as bench_query ours)
       query_peer.py flight URL ALIAS PROFILES COUNT THREADS       (as bench_query flight)
       query_peer.py once URL ALIAS PROFILE                        (one query, printed)
       query_peer.py table SERVER SIZE DIRECTORY                   (of the figures in DIRECTORY; then JSON lines)
"""
import base64
import json
import math
import random
import statistics
import struct
import sys
import time

SIZE = 10
SCRIPT = "params.shift + dotProduct(params.query_vector, 'embedding') + doc['bias'].value"


def profiles(path, count):
    rng, by_type = random.Random(1), {}
    with open(path) as lines:
        for line in lines:
            feature = json.loads(line)
            by_type.setdefault(feature["type"], []).append(feature["value"])
    by_type.pop("movie")
    for _ in range(int(count)):
        print(" ".join("%s=%s" % (type, rng.choice(values)) for type, values in by_type.items()))


def read_profiles(path):
    with open(path) as lines:
        return [[pair.replace("=", "_", 1) for pair in line.split()] for line in lines]


def vector_of(stored):
    """Elasticsearch 9 returns a vector as it was sent: numbers, or big-endian float32 in base64."""
    if isinstance(stored, str):
        data = base64.b64decode(stored)
        return struct.unpack(">%df" % (len(data) // 4), data)
    return stored


class Flow:
    """What the C API does, no more and no less: the release's facts once, then two requests a query, the torn-read guard,
    and ratings."""

    def __init__(self, url, alias):
        from elasticsearch import Elasticsearch
        self.client, self.alias = Elasticsearch(url), alias
        self.index, mapping = next(iter(self.client.indices.get_mapping(index=alias).body.items()))
        self.meta = mapping["mappings"]["_meta"]

    def ask(self, ids):
        answer = self.client.mget(index=self.alias, ids=ids, source_includes=["embedding", "bias", "model_id"])
        documents = answer["docs"]
        for document in documents:
            if not document["found"] or document["_index"] != self.index or \
                    document["_source"]["model_id"] != self.meta["model_id"]:
                raise SystemExit("the release changed")
        vectors = [vector_of(document["_source"]["embedding"]) for document in documents]
        query = [sum(column) for column in zip(*vectors)]
        offset = self.meta["w0"] + sum(document["_source"]["bias"] for document in documents)
        for i, a in enumerate(vectors):
            offset += sum(sum(x * y for x, y in zip(a, b)) for b in vectors[:i])
        shift = math.sqrt(sum(x * x for x in query)) * self.meta["max_movie_norm"] * 1.0001 - self.meta["min_movie_bias"]
        answer = self.client.search(
            index=self.index, size=SIZE, track_total_hits=False,
            source=["value", "title", "genres", "year", "model_id"],
            sort=[{"_score": "desc"}, {"feature_index": "asc"}],
            query={"script_score": {
                "query": {"bool": {"filter": [{"term": {"feature_type": "movie"}}]}},
                "script": {"source": SCRIPT, "params": {"shift": shift, "query_vector": query}}}})
        hits = [(self.meta["scale"] / (1 + math.exp(shift - hit["_score"] - offset)), hit["_source"]["title"])
                for hit in answer["hits"]["hits"]]
        if len(hits) != SIZE:
            raise SystemExit("a ranking is too short")
        return answer["took"], hits


def peer(url, alias, path, count):
    flow, all_profiles, count = Flow(url, alias), read_profiles(path), int(count)
    warm_up, figures = max(20, count // 5), []
    for i in range(warm_up + count):
        if i == warm_up:
            cpu = time.process_time()
        began = time.perf_counter()
        took, _ = flow.ask(all_profiles[i % len(all_profiles)])
        if i >= warm_up:
            figures.append((time.perf_counter() - began, took))
    cpu = time.process_time() - cpu
    for seconds, took in figures:
        print("%d %d" % (seconds * 1e6, took))
    print("cpu %.6f" % cpu)


def flight(url, alias, path, count, threads):
    from concurrent.futures import ThreadPoolExecutor
    flow, all_profiles = Flow(url, alias), read_profiles(path)
    cpu, began = time.process_time(), time.perf_counter()
    with ThreadPoolExecutor(int(threads)) as pool:
        list(pool.map(lambda i: flow.ask(all_profiles[i % len(all_profiles)]), range(int(count))))
    print("seconds %.6f\ncpu %.6f" % (time.perf_counter() - began, time.process_time() - cpu))


def once(url, alias, profile):
    for rating, title in Flow(url, alias).ask([pair.replace("=", "_", 1) for pair in profile.split()])[1]:
        print("%.2f %s" % (rating, title))


def read_figures(path):
    queries, cpu = [], 0.0
    with open(path) as lines:
        for line in lines:
            words = line.split()
            if words[0] == "cpu":
                cpu += float(words[1])
            else:
                queries.append((int(words[0]), int(words[1]) * 1000))
    totals = sorted(total for total, _ in queries)
    return {
        "median": statistics.median(totals) / 1000, "p99": totals[int(len(totals) * 0.99)] / 1000,
        "took": statistics.median(took for _, took in queries) / 1000,
        "overhead": statistics.median(total - took for total, took in queries) / 1000,
        "cpu": cpu / len(queries) * 1000,
    }


def rate(path, count):
    with open(path) as lines:
        seconds = [float(line.split()[1]) for line in lines if line.startswith("seconds")]
    return count * len(seconds) / sum(seconds)


def medians(path):
    with open(path) as lines:
        return statistics.median(int(line) for line in lines) / 1000


def table(server, size, directory, count):
    rows = {how: read_figures("%s/%s" % (directory, how)) for how in ("replay", "ours", "peer")}
    for how in ("ours", "peer"):
        rows[how]["rate"] = rate("%s/flight-%s" % (directory, how), int(count))
        rows[how]["once"] = medians("%s/once-%s" % (directory, how))
    floor = rows["replay"]["median"]
    names = {"replay": "bare sockets, prepared requests", "ours": "C API", "peer": "elasticsearch-py"}
    out = sys.stderr
    print("Elasticsearch %s, %s; ms a query" % (server, size), file=out)
    print("%-32s %7s %7s %6s %12s %12s %8s %9s %9s" % (
        "", "median", "p99", "took", "total-took", "over sockets", "CPU", "8 at once", "one-shot"), file=out)
    for how, row in rows.items():
        print("%-32s %7.2f %7.2f %6.1f %12.2f %12.2f %8.3f %9s %9s" % (
            names[how], row["median"], row["p99"], row["took"], row["overhead"], row["median"] - floor, row["cpu"],
            "%.0f/s" % row["rate"] if "rate" in row else "", "%.1f" % row["once"] if "once" in row else ""), file=out)
    ours, theirs = rows["ours"], rows["peer"]
    figures = {
        "median ms": (ours["median"], theirs["median"]), "p99 ms": (ours["p99"], theirs["p99"]),
        "total-took ms": (ours["overhead"], theirs["overhead"]),
        "over sockets ms": (ours["median"] - floor, theirs["median"] - floor),
        "CPU ms": (ours["cpu"], theirs["cpu"]), "8 in flight, queries/s": (ours["rate"], theirs["rate"]),
        "one-shot ms": (ours["once"], theirs["once"]),
    }
    for name, (our, their) in figures.items():
        print(json.dumps({"bench": "query", "server": server, "size": size, "figure": name, "ours": round(our, 3),
                          "elasticsearch-py": round(their, 3), "ratio": round(our / their, 3) if their else None}))


if __name__ == "__main__":
    {f.__name__: f for f in (profiles, peer, flight, once, table)}[sys.argv[1]](*sys.argv[2:])
