/** A job request as commands and programs that submit it. */
import { formatJson } from './json-text.js';
import { isObject, type Json, type JsonObject } from './request-draft.js';

export const CODE_FORMS = ['curl', 'cli', 'typescript', 'python'] as const;
export type CodeForm = (typeof CODE_FORMS)[number];

export const CODE_TITLES: Readonly<Record<CodeForm, string>> = {
  curl: 'curl',
  cli: 'Command line',
  typescript: 'TypeScript',
  python: 'Python',
};

/** Address at which the command and the client look for the service by themselves. */
const DEFAULT_URL = 'http://127.0.0.1:3000';

/** Returns code that submits the request to the service at `url`. */
export function codeFor(form: CodeForm, request: JsonObject, url: string): string {
  const address = url.replace(/\/$/, '');
  return WRITERS[form](request, address);
}

const WRITERS: Readonly<Record<CodeForm, (request: JsonObject, url: string) => string>> = {
  curl: (request, url) =>
    `curl ${quote(`${url}/jobs`)} \\\n  -H 'content-type: application/json' \\\n  -d ${quote(formatJson(request))}`,
  cli: (request, url) => {
    const [words, needsFile] = assignmentsOf(request);
    const command = `trainyard${url === DEFAULT_URL ? '' : ` --url ${quote(url)}`} train`;
    if (needsFile) return `${command} -f - <<'JSON'\n${formatJson(request)}\nJSON`;
    const [first = '', ...rest] = words.map(quote);
    return [`${command} ${first}`, ...rest].join(lineBreak(words));
  },
  typescript: (request, url) => `import { Trainyard } from 'trainyard';

const trainyard = new Trainyard(${url === DEFAULT_URL ? '' : `{ url: ${JSON.stringify(url)} }`});
const job = await trainyard.jobs.submit(${literal(request, TYPESCRIPT)});
console.log(job.id);`,
  python: (request, url) => `import json
from urllib.request import Request, urlopen

job = ${literal(request, PYTHON)}
request = Request(${JSON.stringify(`${url}/jobs`)}, json.dumps(job).encode(), {"content-type": "application/json"})
print(json.load(urlopen(request))["id"])`,
};

const lineBreak = (words: readonly string[]): string => (words.join(' ').length > 80 ? ' \\\n  ' : ' ');

/** Quotes a word for POSIX shells, if it needs quotes. */
const quote = (word: string): string => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`);

/** Returns the request as `key=value`, and whether it needs a file instead because a text would be read as something else. */
function assignmentsOf(request: JsonObject): [words: string[], needsFile: boolean] {
  const { network, ...fields } = request;
  const all = flatten(fields);
  const isAmbiguous = all.some(([, value]) => typeof value === 'string' && (value.startsWith('@') || value === ''));
  const words = all.map(([path, value]) => `${path}=${valueText(value)}`);
  return [network === undefined ? words : [String(network), ...words], isAmbiguous];
}

function flatten(object: JsonObject, prefix = ''): [path: string, value: Json][] {
  return Object.entries(object).flatMap(([name, value]): [string, Json][] => {
    const path = prefix + name;
    // Only the first two levels have fields of their own.
    return isObject(value) && prefix === '' && Object.keys(value).length > 0
      ? flatten(value, `${path}.`)
      : [[path, value]];
  });
}

function valueText(value: Json): string {
  if (value === null) return 'none';
  if (typeof value === 'string') return value;
  const isPlain = Array.isArray(value) && value.length > 0 && value.every((item) => typeof item === 'number');
  return isPlain ? value.join(',') : JSON.stringify(value);
}

type Language = Readonly<{ words: Readonly<Record<string, string>>; key: (name: string) => string }>;

const TYPESCRIPT: Language = {
  words: { true: 'true', false: 'false', null: 'null' },
  // The plain name __proto__ would set the prototype.
  key: (name) =>
    name === '__proto__' ? '["__proto__"]' : /^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name),
};
const PYTHON: Language = {
  words: { true: 'True', false: 'False', null: 'None' },
  key: JSON.stringify,
};

/** Writes a value as a literal. A text in double quotes with JSON's escapes means the same in both languages. */
function literal(value: Json, language: Language, indent = ''): string {
  if (value === null || typeof value === 'boolean') return language.words[String(value)] ?? '';
  if (typeof value !== 'object') return scalar(value);
  const inner = `${indent}  `;
  const parts = Array.isArray(value)
    ? value.map((item) => literal(item, language, inner))
    : Object.entries(value).map(([name, item]) => `${language.key(name)}: ${literal(item, language, inner)}`);
  const [open, close] = Array.isArray(value) ? ['[', ']'] : ['{', '}'];
  if (parts.length === 0) return open + close;
  const oneLine = `${open}${Array.isArray(value) ? parts.join(', ') : ` ${parts.join(', ')} `}${close}`;
  if (indent !== '' && !oneLine.includes('\n') && oneLine.length + indent.length < 72) return oneLine;
  return `${open}\n${parts.map((part) => inner + part).join(',\n')},\n${indent}${close}`;
}

/** Characters that end a line in older JavaScript, or that Python reads in pairs. */
const scalar = (value: Json): string =>
  JSON.stringify(value).replace(/[\u007f-\uffff]/g, (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`);
