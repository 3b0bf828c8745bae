#!/usr/bin/env node
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';

const HELP = `\
Recommends movies from a release of recsys-loader, with nothing but Node.js 18.3 or newer.

Usage: recommend.mjs [--url URL] [--alias ALIAS] [--size N] [--save FOLDER] TYPE=VALUE…

  recommend.mjs age=18 gender=M
  recommend.mjs user=42 --save . && recsys-bridge check-query search.json --answer answer.json

ES_URL and ES_API_KEY in the environment say where the cluster is and who asks; NODE_EXTRA_CA_CERTS what to trust.`;

// Exit codes, the ones of the programs of recsys-es; 0 is done.
const [USAGE, DATA, UNREACHABLE, REFUSED, INCONCLUSIVE] = [1, 2, 3, 4, 7];
const SCRIPT = "params.shift + dotProduct(params.query_vector, 'embedding') + doc['bias'].value";

function fail(code, message) {
  console.error(`recommend.mjs: ${message.replace(/\/\/[^/]*@/g, '//')}`); // without the password of a URL
  process.exit(code);
}

// The JSON that the cluster answers, or null for 404.
async function ask(url, path, body) {
  const headers = { 'Content-Type': 'application/json' };
  if (process.env.ES_API_KEY) headers.Authorization = `ApiKey ${process.env.ES_API_KEY}`;
  const request = body === undefined ? { headers } : { headers, method: 'POST', body: JSON.stringify(body) };
  const response = await fetch(url.replace(/\/$/, '') + path, request)
    .catch((error) => fail(UNREACHABLE, `${url} cannot be reached: ${error.cause?.message || error.cause?.code || error.message}`));
  const answer = await response.json().catch(() => null);
  if (response.status === 404) return null;
  const code = [502, 503, 504].includes(response.status) ? UNREACHABLE : REFUSED;
  if (!response.ok || answer === null)
    fail(code, `${url} answers with ${response.status}: ${answer?.error?.reason ?? 'no JSON'}`);
  return answer;
}

// ['age=18', 'gender=M'] is {age: '18', gender: 'M'}, as a Map.
function parseProfile(features) {
  const profile = new Map();
  for (const feature of features) {
    const [, type, value] = feature.match(/^([^=]+)=(.+)$/) ?? fail(USAGE, `${feature}: TYPE=VALUE is expected, such as age=18`);
    if (type === 'movie') fail(USAGE, `${feature}: movies are what is recommended, not whom for`);
    if (profile.has(type)) fail(USAGE, `${type} is given twice, as ${profile.get(type)} and as ${value}: which one?`);
    profile.set(type, value);
  }
  return profile.size > 0 ? profile : fail(USAGE, 'for whom? such as: recommend.mjs age=18 gender=M');
}

// age=18 is age_18; in a release with --doc-ids feature-index, metadata goes by the number in `_meta`.
function documentId(meta, type, value) {
  if (type === 'user') return `${type}_${value}`;
  const known = Object.hasOwn(meta.features, type) ? meta.features[type] : {};
  if (!Object.hasOwn(known, value)) {
    const values = Object.keys(known);
    values.sort(values.every((other) => /^[0-9]+$/.test(other)) ? (a, b) => a - b : undefined);
    fail(USAGE, `there is no ${type} ${value} in this release; known: ${values.join(', ') || 'none'}`);
  }
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
async function attempt({ url, alias, size }, profile) {
  const mapping = await ask(url, `/${encodeURIComponent(alias)}/_mapping`) ??
    fail(REFUSED, `nothing is released as ${alias} at ${url}`);
  const [index] = Object.keys(mapping);
  const meta = mapping[index].mappings._meta;
  if (meta?.model_id === undefined) fail(REFUSED, `${index} is no release of recsys-loader`);

  // 1. What the model knows of the person, from the alias.
  const features = [...profile];
  const ids = features.map(([type, value]) => documentId(meta, type, value));
  const wanted = 'realtime=false&_source_includes=embedding,bias,model_id';
  const found = await ask(url, `/${encodeURIComponent(alias)}/_mget?${wanted}`, { ids });
  if (found === null || found.docs.some((document) => document._index !== index || document.error)) return null;
  const absent = found.docs.findIndex((document) => !document.found);
  if (absent >= 0) fail(USAGE, `there is no ${features[absent].join(' ')} in release ${index}`);
  const sources = found.docs.map((document) => document._source);
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

function parseOptions() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        url: { type: 'string', default: process.env.ES_URL ?? 'http://127.0.0.1:9200' },
        alias: { type: 'string', default: 'recsys' },
        size: { type: 'string', default: '10' },
        save: { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
    });
  } catch (error) {
    return fail(USAGE, error.message.split('\n')[0]);
  }
}

const { values: given, positionals } = parseOptions();
if (given.help) {
  console.log(HELP);
  process.exit();
}
if (!/^[1-9][0-9]{0,4}$/.test(given.size) || given.size > 10000) fail(USAGE, '--size must be 1 to 10000');
const profile = parseProfile(positionals);

let found = null;
for (let i = 0; i < 5 && found === null; i++) found = await attempt({ ...given, size: Number(given.size) }, profile);
if (found === null) fail(INCONCLUSIVE, 'the release changed five times while it was read; try again');
if (given.save !== undefined) {
  try {
    writeFileSync(`${given.save}/search.json`, JSON.stringify(found.body));
    writeFileSync(`${given.save}/answer.json`, JSON.stringify(found.answer));
  } catch (error) {
    fail(DATA, error.message);
  }
}
found.answer.hits.hits.forEach((hit, i) => console.log(`${found.ratings[i].toFixed(2)}  ${hit._source.title}`));
