/** Search for the first fault of a text that should be JSON: JSON.parse does not always report the position. */

export type Fault = Readonly<{ at: number; what: string }>;

type Closer = '}' | ']';
/** What must come next: a value, a field name, or a comma or closing bracket after a value. */
type State = 'value' | 'name' | 'after';
type Scan = { readonly text: string; at: number; state: State; readonly open: OpenBracket[]; comma: number };
/** A list or object that is not closed yet. */
type OpenBracket = Readonly<{ closer: Closer; names?: Set<string> }>;

const SCALAR = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y;
const WORD = /[\p{L}\p{N}_$.+-]{1,60}/uy;
const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;

/**
 * Returns the first fault of a JSON text, including duplicate fields; undefined if there is none. Works without recursion, since a
 * body may be nested as deeply as it is long.
 */
export function findFault(text: string): Fault | undefined {
  const scan: Scan = { text, at: 0, state: 'value', open: [], comma: -1 };
  for (;;) {
    skipSpace(scan);
    if (scan.state === 'after' && scan.open.length === 0) return scan.at < text.length ? trailingText(scan) : undefined;
    const fault = steps[scan.state](scan);
    if (fault !== undefined) return fault;
  }
}

/** Returns line and column (from 1) of an index in a text, as `line 2, column 5`. */
export function lineAndColumn(text: string, at: number): string {
  let line = 1;
  let start = 0;
  for (let end = text.indexOf('\n'); end !== -1 && end < at; end = text.indexOf('\n', start)) {
    line += 1;
    start = end + 1;
  }
  return `line ${line}, column ${at - start + 1}`;
}

/** Each step reads one token at the position of the scan and sets the next state. */
const steps: Readonly<Record<State, (scan: Scan) => Fault | undefined>> = {
  value(scan) {
    const character = scan.text[scan.at];
    if (character === '{' || character === '[') return openBracket(scan, character);
    if (character === ']' && scan.open.at(-1)?.closer === ']' && scan.comma >= 0) return extraComma(scan);
    scan.state = 'after';
    if (character === '"') return readString(scan);
    return readScalar(scan);
  },
  name(scan) {
    const character = scan.text[scan.at];
    if (character === '}') return extraComma(scan);
    if (character !== '"') return unexpected(scan, 'a field name in double quotes');
    const start = scan.at;
    const fault = readString(scan) ?? readColon(scan, start);
    scan.state = 'value';
    scan.comma = -1;
    return fault;
  },
  after(scan) {
    const closer = scan.open.at(-1)?.closer;
    const character = scan.text[scan.at];
    if (character !== ',' && character !== closer) return unexpected(scan, `a comma or "${closer}"`);
    if (character === ',') {
      scan.comma = scan.at;
      scan.state = closer === '}' ? 'name' : 'value';
    } else scan.open.pop();
    scan.at += 1;
    return undefined;
  },
};

function openBracket(scan: Scan, character: '{' | '['): undefined {
  const closer = character === '{' ? '}' : ']';
  scan.at += 1;
  scan.comma = -1;
  skipSpace(scan);
  if (scan.text[scan.at] === closer) {
    scan.at += 1;
    scan.state = 'after';
    return;
  }
  scan.open.push(closer === '}' ? { closer, names: new Set() } : { closer });
  scan.state = closer === '}' ? 'name' : 'value';
}

/** Reads the colon after the field name that began at `start`. A second field of the same name is a fault. */
function readColon(scan: Scan, start: number): Fault | undefined {
  const name = JSON.parse(scan.text.slice(start, scan.at)) as string;
  const names = scan.open.at(-1)?.names;
  if (names?.has(name)) return { at: start, what: `the field ${show(name)} appears twice` };
  names?.add(name);
  skipSpace(scan);
  if (scan.text[scan.at] !== ':') return unexpected(scan, `a colon after the name ${show(name)}`);
  scan.at += 1;
  return undefined;
}

function readString(scan: Scan): Fault | undefined {
  const { text, at: start } = scan;
  for (let at = start + 1; at < text.length; at++) {
    const character = text[at] as string;
    if (character === '"') {
      scan.at = at + 1;
      return undefined;
    }
    if (character < ' ') {
      const what =
        character === '\n' || character === '\r'
          ? 'a string contains a line break: close the string, or write the line break as \\n'
          : `a string contains the control character ${show(character)}: write it as an escape`;
      return { at, what };
    }
    if (character !== '\\') continue;
    const escaped = match(text, ESCAPE, at);
    if (escaped === '') return { at, what: `${show(text.slice(at, at + 2))} is not a JSON escape` };
    at += escaped.length - 1;
  }
  return { at: start, what: 'the string that begins here has no closing quote' };
}

function readScalar(scan: Scan): Fault | undefined {
  const { text, at } = scan;
  const scalar = match(text, SCALAR, at);
  scan.at += scalar.length;
  if (scalar !== '' && !/[\p{L}\p{N}_$.+-]/u.test(text.charAt(scan.at))) return undefined;
  scan.at = at;
  const word = match(text, WORD, at);
  if (word === '') return unexpected(scan, 'a value');
  return { at, what: `${show(word)} is not a JSON value: ${adviceFor(word)}` };
}

function adviceFor(word: string): string {
  if (/^[+-]?(nan|inf|infinity)$/i.test(word)) return 'send a number or null';
  if (/^(none|undefined|nil)$/i.test(word)) return 'send null';
  if (/^(true|false|null)$/i.test(word)) return `send ${word.toLowerCase()}`;
  if (/^[+-]?[\d.]/.test(word)) return 'numbers look like 12, -0.5 or 1e-3';
  return 'a string needs double quotes';
}

const extraComma = ({ text, at, comma }: Scan): Fault => ({
  at: comma,
  what: `there is an extra comma before ${show(text[at] ?? '')}: remove it`,
});

const trailingText = ({ text, at }: Scan): Fault => ({
  at,
  what: `${show(text.slice(at, at + 10))} follows the end of the value: send a single value`,
});

/** Returns the fault that a character at the position of the scan is not the one expected. */
function unexpected({ text, at }: Scan, wanted: string): Fault {
  const rest = text.slice(at, at + 2);
  if (rest === '') return { at, what: `it ends where ${wanted} is expected: it may be cut off` };
  if (rest.startsWith('//') || rest.startsWith('/*') || rest.startsWith('#'))
    return { at, what: 'JSON has no comments: remove this one' };
  if (/^['‘’“”`]/.test(rest)) return { at, what: `the quote ${rest[0]} is not allowed in JSON: use "` };
  return { at, what: `found ${show(String.fromCodePoint(text.codePointAt(at) ?? 0))} where ${wanted} is expected` };
}

function skipSpace(scan: Scan): void {
  const { text } = scan;
  while (text[scan.at] === ' ' || text[scan.at] === '\n' || text[scan.at] === '\r' || text[scan.at] === '\t')
    scan.at += 1;
}

/** Returns what a sticky pattern matches at an index; empty if nothing. */
function match(text: string, pattern: RegExp, at: number): string {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0] ?? '';
}

const show = (text: string): string => JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}…` : text);
