#!/usr/bin/env node
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';

const HELP = `\
Recommends movies from a release of recsys-loader, with nothing but Node.js 18.3 or newer.

Usage: recommend.mjs [--url URL] [--alias ALIAS] [--size N] [--save FOLDER] [--user-only] TYPE=VALUE…
       recommend.mjs --anyone

A user is the whole person: their own age, gender and so on come in by themselves, unless --user-only. --anyone is the average
person.

  recommend.mjs age=18 gender=M
  recommend.mjs user=42 --save . && recsys-bridge check-query search.json --answer answer.json

ES_URL and ES_API_KEY in the environment say where the cluster is and who asks; NODE_EXTRA_CA_CERTS what to trust.`;

// Exit codes, the ones of the programs of recsys-es; 0 is done.
const [USAGE, DATA, UNREACHABLE, REFUSED, INCONCLUSIVE] = [1, 2, 3, 4, 7];
const FORMAT = 2; // of `_meta`: the newest that is known here
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

// ['age=18', 'gender=M'] is {age: '18', gender: 'M'}, as a Map; of --anyone nothing is known.
function parseProfile(features, { anyone, 'user-only': userOnly }) {
  const profile = new Map();
  for (const feature of features) {
    const [, type, value] = feature.match(/^([^=]+)=(.+)$/) ?? fail(USAGE, `${feature}: TYPE=VALUE is expected, such as age=18`);
    if (type === 'movie') fail(USAGE, `${feature}: movies are what is recommended, not whom for`);
    if (profile.has(type)) fail(USAGE, `${type} is given twice, as ${profile.get(type)} and as ${value}: which one?`);
    profile.set(type, value);
  }
  if (anyone && profile.size > 0) fail(USAGE, '--anyone is the average person: leave out either that or the rest');
  if (userOnly && !profile.has('user')) fail(USAGE, '--user-only goes with user=ID: which one?');
  if (!anyone && profile.size === 0) fail(USAGE, 'for whom? such as: recommend.mjs age=18 gender=M');
  return profile;
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

// Of the documents of a user's attributes those of kinds that the profile does not name itself.
function restOfPerson(meta, profile, attributes) {
  const types = new Map();
  for (const [type, known] of Object.entries(meta.features))
    for (const value of Object.keys(known)) types.set(documentId(meta, type, value), type);
  const unknown = attributes.find((id) => !types.has(id));
  if (unknown !== undefined)
    fail(REFUSED, `a user has the attribute ${unknown}, which the release does not have: release it again`);
  return attributes.filter((id) => !profile.has(types.get(id)));
}

// What the model's number z of a person and a movie is in ratings; null if it has none.
function ratingOf(meta, z) {
  if (meta.link === 'none') return null;
  if (meta.link === 'identity') return Math.min(Math.max(z, meta.lowest), meta.highest);
  return meta.scale / (1 + Math.exp(-z));
}

function searchBody(meta, query, size) {
  // No score may be below zero. <query, movie> is at least -|query| |movie| (Cauchy-Schwarz); a little more for rounding.
  const shift = 1.001 * Math.sqrt(dot(query, query)) * meta.max_movie_norm + 1e-6 - meta.min_movie_bias;
  return {
    size,
    track_total_hits: false,
    _source: 'rating_dimensions' in meta ? ['title', 'embedding'] : ['title'],
    sort: [{ _score: 'desc' }, { feature_index: 'asc' }],
    query: {
      script_score: {
        query: { bool: { filter: [{ term: { feature_type: 'movie' } }] } },
        script: { source: SCRIPT, params: { shift: Math.max(0, shift), query_vector: query } },
      },
    },
  };
}

// The documents; null if the release changed meanwhile.
async function fetchDocuments(url, name, index, meta, ids) {
  if (ids.length === 0) return [];
  const wanted = 'realtime=false&_source_includes=embedding,bias,model_id,attributes';
  const found = await ask(url, `/${encodeURIComponent(name)}/_mget?${wanted}`, { ids });
  if (found === null || found.docs.some((document) => document._index !== index || document.error)) return null;
  return found.docs.some((document) => document.found && document._source.model_id !== meta.model_id) ? null : found.docs;
}

// The body of the search, its answer and a predicted rating for each hit; null if the release changed meanwhile.
async function attempt({ url, alias, size, 'user-only': userOnly }, profile) {
  const mapping = await ask(url, `/${encodeURIComponent(alias)}/_mapping`) ??
    fail(REFUSED, `nothing is released as ${alias} at ${url}`);
  const [index] = Object.keys(mapping);
  const meta = mapping[index].mappings._meta;
  if (meta?.model_id === undefined) fail(REFUSED, `${index} is no release of recsys-loader`);
  if (meta.format > FORMAT)
    fail(REFUSED, `${index} is of format ${meta.format}, and only ${FORMAT} is known here: take a newer example`);
  const residuals = meta.interactions === 'movie';
  if (profile.size === 0 && !residuals) fail(USAGE, `${index} has no average person: it is a plain factorization machine`);

  // 1. What the model knows of the person, from the alias.
  const features = [...profile];
  const ids = features.map(([type, value]) => documentId(meta, type, value));
  const documents = await fetchDocuments(url, alias, index, meta, ids);
  if (documents === null) return null;
  const absent = documents.findIndex((document) => !document.found);
  if (absent >= 0) fail(USAGE, `there is no ${features[absent].join(' ')} in release ${index}`);

  // A user's document names those of their attributes, from the very index that named them. A program that stays keeps them.
  const attributes = documents.flatMap((document) => document._source.attributes ?? []);
  const rest = await fetchDocuments(url, index, index, meta, userOnly ? [] : restOfPerson(meta, profile, attributes));
  if (rest === null || rest.some((document) => !document.found)) return null;
  const sources = [...documents, ...rest].map((document) => document._source);

  // Added in double, rounded to float32 once. Of a model of two halves the first is for ratings, and lists go by the other.
  const vectors = sources.map((source) => vector(source.embedding));
  const whole = Array.from({ length: meta.k }, (_, i) => Math.fround(sum(vectors.map((v) => v[i]))));
  const half = meta.rating_dimensions ?? 0;
  const query = whole.map((x, i) => (i < half ? 0 : x));

  // 2. The movies, from the very index that these vectors are of.
  const body = searchBody(meta, query, size);
  const answer = await ask(url, `/${encodeURIComponent(index)}/_search?allow_partial_search_results=false`, body);
  if (answer === null) return null;

  // What is the same for every movie: w0, the biases, and, unless documents are residuals, the dot products of the profile's
  // features with each other.
  const pairs = residuals ? 0 : (dot(query, query) - sum(vectors.map((v) => dot(v, v)))) / 2;
  const offset = meta.w0 + sum(sources.map((source) => source.bias)) + pairs;
  const { shift } = body.query.script_score.script.params;
  const moviePart = (hit) => {
    if (half === 0) return hit._score - shift;
    const movie = vector(hit._source.embedding); // its rating bias comes first
    return movie[0] + dot(whole.slice(1, half), movie.slice(1, half));
  };
  return { body, answer, ratings: answer.hits.hits.map((hit) => ratingOf(meta, offset + moviePart(hit))) };
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
        'user-only': { type: 'boolean' },
        anyone: { type: 'boolean' },
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
const profile = parseProfile(positionals, given);

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
found.answer.hits.hits.forEach((hit, i) => console.log(`${found.ratings[i]?.toFixed(2) ?? '   -'}  ${hit._source.title}`));
