#!/usr/bin/env node
// Recommends movies from a release of recsys-loader, with nothing but Node.js 18.3 or newer.
//
// Usage: recommend.mjs [--url URL] [--alias ALIAS] [--size N] [--save FOLDER] TYPE=VALUE…
//
//   recommend.mjs age=18 gender=M
//   recommend.mjs user=42 --save . && recsys-bridge check-query search.json --answer answer.json
//
// ES_URL and ES_API_KEY in the environment say where the cluster is and who asks; NODE_EXTRA_CA_CERTS what to trust.
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';

const SCRIPT = "params.shift + dotProduct(params.query_vector, 'embedding') + doc['bias'].value";

function fail(message) {
  console.error(message);
  process.exit(1);
}

// The JSON that the cluster answers, or null for 404.
async function ask(url, path, body) {
  const headers = { 'Content-Type': 'application/json' };
  if (process.env.ES_API_KEY) headers.Authorization = `ApiKey ${process.env.ES_API_KEY}`;
  const request = body === undefined ? { headers } : { headers, method: 'POST', body: JSON.stringify(body) };
  const response = await fetch(url.replace(/\/$/, '') + path, request)
    .catch((error) => fail(`${url} cannot be asked: ${error.cause?.message ?? error.message}`));
  if (response.status === 404) return null;
  if (!response.ok) fail(`${path}: ${response.status} ${await response.text()}`);
  return response.json();
}

// age=18 is age_18; in a release with --doc-ids feature-index, metadata goes by the number in `_meta`.
function documentId(meta, feature) {
  const [, type, value] = feature.match(/^([^=]+)=(.*)$/) ?? fail(`${feature}: TYPE=VALUE is expected, such as age=18`);
  if (type === 'user' || type === 'movie') return `${type}_${value}`;
  const known = meta.features[type] ?? {};
  if (!Object.hasOwn(known, value))
    fail(`there is no ${type} ${value} in this release; known: ${Object.keys(known).join(', ') || 'none'}`);
  return `${type}_${meta.doc_ids === 'feature-index' ? known[value] : value}`;
}

// A vector comes back as it was sent: numbers, or big-endian float32 in base64. As float32 in either case.
function vector(stored) {
  if (typeof stored !== 'string') return Float32Array.from(stored);
  const bytes = Buffer.from(stored, 'base64');
  return Float32Array.from({ length: bytes.length / 4 }, (_, i) => bytes.readFloatBE(4 * i));
}

const sum = (numbers) => numbers.reduce((total, number) => total + number, 0);
const dot = (a, b) => a.reduce((total, x, i) => total + x * b[i], 0);

function searchBody(meta, query, size) {
  // No score may be below zero. <query, movie> is at least -|query| |movie| (Cauchy-Schwarz); a little more for rounding.
  const shift = 1.001 * Math.sqrt(dot(query, query)) * meta.max_movie_norm + 1e-6 - meta.min_movie_bias;
  return {
    size,
    track_total_hits: false,
    _source: ['title'],
    sort: [{ _score: 'desc' }, { feature_index: 'asc' }],
    query: {
      script_score: {
        query: { bool: { filter: [{ term: { feature_type: 'movie' } }] } },
        script: { source: SCRIPT, params: { shift: Math.max(0, shift), query_vector: query } },
      },
    },
  };
}

// The body of the search, its answer and a predicted rating for each hit; null if the release changed meanwhile.
async function attempt({ url, alias, size }, features) {
  const mapping = await ask(url, `/${encodeURIComponent(alias)}/_mapping`) ?? fail(`there is no ${alias}`);
  const [index] = Object.keys(mapping);
  const meta = mapping[index].mappings._meta;

  // 1. What the model knows of the person, from the alias.
  const ids = features.map((feature) => documentId(meta, feature));
  const wanted = 'realtime=false&_source_includes=embedding,bias,model_id';
  const profile = await ask(url, `/${encodeURIComponent(alias)}/_mget?${wanted}`, { ids });
  if (profile === null || profile.docs.some((document) => document._index !== index || document.error)) return null;
  const absent = profile.docs.find((document) => !document.found);
  if (absent) fail(`there is no ${absent._id} in ${index}`);
  const sources = profile.docs.map((document) => document._source);
  if (sources.some((source) => source.model_id !== meta.model_id)) return null;

  // Added in double, rounded to float32 once.
  const vectors = sources.map((source) => vector(source.embedding));
  const query = Array.from(vectors[0], (_, i) => Math.fround(sum(vectors.map((v) => v[i]))));

  // 2. The movies, from the very index that these vectors are of.
  const body = searchBody(meta, query, size);
  const answer = await ask(url, `/${encodeURIComponent(index)}/_search?allow_partial_search_results=false`, body);
  if (answer === null) return null;

  // What is the same for every movie: w0, the biases, and the dot products of the profile's features with each other.
  const offset = meta.w0 + sum(sources.map((source) => source.bias)) + (dot(query, query) - sum(vectors.map((v) => dot(v, v)))) / 2;
  const { shift } = body.query.script_score.script.params;
  const ratings = answer.hits.hits.map((hit) => meta.scale / (1 + Math.exp(shift - hit._score - offset)));
  return { body, answer, ratings };
}

const { values, positionals: features } = parseArgs({
  allowPositionals: true,
  options: {
    url: { type: 'string', default: process.env.ES_URL ?? 'http://127.0.0.1:9200' },
    alias: { type: 'string', default: 'recsys' },
    size: { type: 'string', default: '10' },
    save: { type: 'string' },
  },
});
if (features.length === 0) fail('for whom? such as: recommend.mjs age=18 gender=M');
const given = { ...values, size: Number(values.size) };
let found = null;
for (let i = 0; i < 5 && found === null; i++) found = await attempt(given, features);
if (found === null) fail('the release changed five times while it was read; try again');
if (given.save !== undefined) {
  writeFileSync(`${given.save}/search.json`, JSON.stringify(found.body));
  writeFileSync(`${given.save}/answer.json`, JSON.stringify(found.answer));
}
found.answer.hits.hits.forEach((hit, i) => console.log(`${found.ratings[i].toFixed(2)}  ${hit._source.title}`));
