#!/usr/bin/env python3
"""Recommends movies from a release of recsys-loader, with elasticsearch-py (8.12 or newer, and no newer than the server).

Usage: recommend.py [--url URL] [--alias ALIAS] [--size N] [--save FOLDER] [--user-only] TYPE=VALUE…
       recommend.py --anyone

A user is the whole person: their own age, gender and so on come in by themselves, unless --user-only. --anyone is the average
person.

  recommend.py age=18 gender=M
  recommend.py user=42 --save . && recsys-bridge check-query search.json --answer answer.json

ES_URL, ES_API_KEY and ES_CA_CERT in the environment say where the cluster is, who asks, and what to trust.
"""
import argparse
import base64
import json
import math
import os
import pathlib
import re
import struct
import sys

try:
    from elasticsearch import ApiError, Elasticsearch, NotFoundError, TransportError
except ImportError:
    sys.exit("recommend.py: elasticsearch-py 8.12 or newer is not installed: pip install 'elasticsearch>=8.12,<9'")

# Exit codes, the ones of the programs of recsys-es; 0 is done.
USAGE, DATA, UNREACHABLE, REFUSED, INCONCLUSIVE = 1, 2, 3, 4, 7
FORMAT = 2  # of `_meta`: the newest that is known here
SCRIPT = "params.shift + dotProduct(params.query_vector, 'embedding') + doc['bias'].value"


def fail(code, message):
    print("recommend.py:", re.sub("//[^/]*@", "//", message), file=sys.stderr)  # without the password of a URL
    sys.exit(code)


def parse_profile(given):
    """["age=18", "gender=M"] is {"age": "18", "gender": "M"}; of --anyone nothing is known."""
    profile = {}
    for feature in given.features:
        kind, _, value = feature.partition("=")
        if not kind or not value:
            fail(USAGE, f"{feature}: TYPE=VALUE is expected, such as age=18")
        if kind == "movie":
            fail(USAGE, f"{feature}: movies are what is recommended, not whom for")
        if kind in profile:
            fail(USAGE, f"{kind} is given twice, as {profile[kind]} and as {value}: which one?")
        profile[kind] = value
    if given.anyone and profile:
        fail(USAGE, "--anyone is the average person: leave out either that or the rest")
    if given.user_only and "user" not in profile:
        fail(USAGE, "--user-only goes with user=ID: which one?")
    if not profile and not given.anyone:
        fail(USAGE, "for whom? such as: recommend.py age=18 gender=M")
    return profile


def document_id(meta, kind, value):
    """age=18 is age_18; in a release with --doc-ids feature-index, metadata goes by the number in `_meta`."""
    if kind == "user":
        return f"{kind}_{value}"
    known = meta["features"].get(kind, {})
    if value not in known:
        numbers = all(re.fullmatch("[0-9]+", other) for other in known)
        listed = ", ".join(sorted(known, key=int if numbers else None)) or "none"
        fail(USAGE, f"there is no {kind} {value} in this release; known: {listed}")
    return f"{kind}_{known[value] if meta['doc_ids'] == 'feature-index' else value}"


def vector(stored):
    """A vector comes back as it was sent: numbers, or big-endian float32 in base64. As float32 in either case."""
    data = base64.b64decode(stored) if isinstance(stored, str) else struct.pack(f">{len(stored)}f", *stored)
    return struct.unpack(f">{len(data) // 4}f", data)


def dot(a, b):
    return sum(x * y for x, y in zip(a, b))


def rest_of_person(meta, profile, attributes):
    """Of the documents of a user's attributes those of kinds that the profile does not name itself."""
    kinds = {document_id(meta, kind, value): kind for kind, known in meta["features"].items() for value in known}
    unknown = [name for name in attributes if name not in kinds]
    if unknown:
        fail(REFUSED, f"a user has the attribute {unknown[0]}, which the release does not have: release it again")
    return [name for name in attributes if kinds[name] not in profile]


def rating(meta, z):
    """What the model's number z of a person and a movie is in ratings; None if it has none."""
    if meta["link"] == "none":
        return None
    if meta["link"] == "identity":
        return min(max(z, meta["lowest"]), meta["highest"])
    return meta["scale"] / (1 + math.exp(-z))


def search_body(meta, query, size):
    # No score may be below zero. <query, movie> is at least -|query| |movie| (Cauchy-Schwarz); a little more for rounding.
    shift = 1.001 * math.sqrt(dot(query, query)) * meta["max_movie_norm"] + 1e-6 - meta["min_movie_bias"]
    return {
        "size": size,
        "track_total_hits": False,
        "_source": ["title", "embedding"] if "rating_dimensions" in meta else ["title"],
        "sort": [{"_score": "desc"}, {"feature_index": "asc"}],
        "query": {"script_score": {
            "query": {"bool": {"filter": [{"term": {"feature_type": "movie"}}]}},
            "script": {"source": SCRIPT, "params": {"shift": max(0.0, shift), "query_vector": query}},
        }},
    }


def fetch(es, name, index, meta, ids):
    """The documents; None if the release changed meanwhile."""
    wanted = ["embedding", "bias", "model_id", "attributes"]
    documents = es.mget(index=name, ids=ids, realtime=False, source_includes=wanted)["docs"] if ids else []
    if any(document["_index"] != index or "error" in document for document in documents):
        return None
    if any(document["found"] and document["_source"]["model_id"] != meta["model_id"] for document in documents):
        return None
    return documents


def attempt(es, alias, profile, user_only, size):
    """The body of the search, its answer and a predicted rating for each hit; None if the release changed meanwhile."""
    index, mapping = next(iter(es.indices.get_mapping(index=alias).body.items()))
    meta = mapping["mappings"].get("_meta", {})
    if "model_id" not in meta:
        fail(REFUSED, f"{index} is no release of recsys-loader")
    if meta["format"] > FORMAT:
        fail(REFUSED, f"{index} is of format {meta['format']}, and only {FORMAT} is known here: take a newer example")
    residuals = meta.get("interactions") == "movie"
    if not profile and not residuals:
        fail(USAGE, f"{index} has no average person: it is a plain factorization machine")

    # 1. What the model knows of the person, from the alias.
    documents = fetch(es, alias, index, meta, [document_id(meta, kind, value) for kind, value in profile.items()])
    if documents is None:
        return None
    for document, (kind, value) in zip(documents, profile.items()):
        if not document["found"]:
            fail(USAGE, f"there is no {kind} {value} in release {index}")

    # A user's document names those of their attributes, from the very index that named them. A program that stays keeps them.
    attributes = [name for document in documents for name in document["_source"].get("attributes", [])]
    rest = fetch(es, index, index, meta, [] if user_only else rest_of_person(meta, profile, attributes))
    if rest is None or not all(document["found"] for document in rest):
        return None
    sources = [document["_source"] for document in documents + rest]

    # Added in double, rounded to float32 once. Of a model of two halves the first is for ratings, and lists go by the other.
    vectors = [vector(source["embedding"]) for source in sources]
    whole = list(vector([sum(column) for column in zip(*vectors)] or [0.0] * meta["k"]))
    half = meta.get("rating_dimensions", 0)
    query = [0.0] * half + whole[half:]

    # 2. The movies, from the very index that these vectors are of.
    body = search_body(meta, query, size)
    try:
        answer = es.search(index=index, body=body, allow_partial_search_results=False).body
    except NotFoundError:
        return None

    # What is the same for every movie: w0, the biases, and, unless documents are residuals, the dot products of the profile's
    # features with each other.
    offset = meta["w0"] + sum(source["bias"] for source in sources)
    if not residuals:
        offset += (dot(query, query) - sum(dot(v, v) for v in vectors)) / 2
    shift = body["query"]["script_score"]["script"]["params"]["shift"]

    def movie_part(hit):
        if not half:
            return hit["_score"] - shift
        movie = vector(hit["_source"]["embedding"])  # its rating bias comes first
        return movie[0] + dot(whole[1:half], movie[1:half])

    return body, answer, [rating(meta, offset + movie_part(hit)) for hit in answer["hits"]["hits"]]


def ask(given):
    """The first attempt during which the release did not change."""
    profile = parse_profile(given)
    trust = {"ca_certs": os.environ["ES_CA_CERT"]} if "ES_CA_CERT" in os.environ and given.url.startswith("https:") else {}
    try:
        es = Elasticsearch(given.url, api_key=os.environ.get("ES_API_KEY"), **trust)
        attempts = (attempt(es, given.alias, profile, given.user_only, int(given.size)) for _ in range(5))
        found = next((result for result in attempts if result), None)
    except NotFoundError:
        fail(REFUSED, f"nothing is released as {given.alias} at {given.url}")
    except ApiError as error:
        code = UNREACHABLE if error.status_code in (502, 503, 504) else REFUSED
        fail(code, f"{given.url} answers with {error.status_code}: {error}")
    except TransportError as error:
        fail(UNREACHABLE, f"{given.url} cannot be reached: {error.message}")
    except (OSError, ValueError) as error:
        fail(USAGE, f"{given.url}: {error}")
    return found or fail(INCONCLUSIVE, "the release changed five times while it was read; try again")


class Options(argparse.ArgumentParser):
    def error(self, message):
        fail(USAGE, message)


def main():
    usage = Options(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, usage=argparse.SUPPRESS)
    usage.add_argument("--url", default=os.environ.get("ES_URL", "http://127.0.0.1:9200"))
    usage.add_argument("--alias", default="recsys")
    usage.add_argument("--size", default="10")
    usage.add_argument("--save", type=pathlib.Path, help="folder to write search.json and answer.json to")
    usage.add_argument("--user-only", action="store_true", help="without the user's own age, gender and so on")
    usage.add_argument("--anyone", action="store_true", help="for the average person")
    usage.add_argument("features", nargs="*", metavar="TYPE=VALUE")
    given = usage.parse_intermixed_args()
    if not re.fullmatch("[1-9][0-9]{0,4}", given.size) or int(given.size) > 10000:
        fail(USAGE, "--size must be 1 to 10000")

    body, answer, ratings = ask(given)
    try:
        if given.save:
            (given.save / "search.json").write_text(json.dumps(body))
            (given.save / "answer.json").write_text(json.dumps(answer))
    except OSError as error:
        fail(DATA, f"{error.filename}: {error.strerror}")
    for stars, hit in zip(ratings, answer["hits"]["hits"]):
        print(f"{'   -' if stars is None else format(stars, '.2f')}  {hit['_source']['title']}")


if __name__ == "__main__":
    main()
