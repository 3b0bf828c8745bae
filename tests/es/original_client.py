"""The client of the original blog post (Yoni Gottesman, 2020), run against a release of this project.

The two calls are the post's. Added are what servers since 7.6 ask for: `_source_includes`, because newer ones leave vectors
out of `_source`, and a shift, because they refuse negative scores. It prints `_id`, `_score` and title, one movie a line.

Usage: original_client.py URL INDEX AGE-FEATURE-INDEX GENDER-FEATURE-INDEX
"""
import math
import sys
import warnings

warnings.simplefilter("ignore")  # the client's remarks about newer servers, and about `body`

from elasticsearch import Elasticsearch  # noqa: E402


def main(url, index, age, gender):
    es = Elasticsearch(url)
    meta = next(iter(es.indices.get_mapping(index=index).values()))["mappings"]["_meta"]

    metadata = es.mget({"docs": [
        {
            "_index": index,
            "_id": f"age_{age}"},
        {
            "_index": index,
            "_id": f"gender_{gender}"}]}, _source_includes="embedding")
    embeddings = [doc["_source"]["embedding"] for doc in metadata["docs"]]
    v_metadata = [sum(pair) for pair in zip(*embeddings)]

    # No score can be below zero: |<v, movie>| is at most the product of their lengths.
    length = math.sqrt(sum(x * x for x in v_metadata))
    shift = max(0.0, 1.001 * length * meta["max_movie_norm"] - meta["min_movie_bias"])

    search_body = {
        "query": {
            "script_score": {
                "query": {
                    "bool": {
                        "filter": {
                            "term": {
                                "feature_type": "movie"
                            }
                        }
                    }
                },
                "script": {
                    "source": "params.shift + dotProduct(params.query_vector, 'embedding') + doc['bias'].value",
                    "params": {
                        "query_vector": v_metadata,
                        "shift": shift
                    }
                }
            }
        }
    }
    for hit in es.search(search_body, index=index, _source_includes="title")["hits"]["hits"]:
        print(hit["_id"], hit["_score"], hit["_source"]["title"], sep="\t")


if __name__ == "__main__":
    main(*sys.argv[1:])
