/** JSON with the line of each value, so that errors appear where they are. */
import type { Json } from './request-draft.js';

/** `line` counts from 1. */
export type JsonFault = Readonly<{ line: number; column: number; message: string }>;

export type ParsedJson = Readonly<{
  value?: Json;
  fault?: JsonFault;
  /** Line of each value, by its JSON Pointer. */
  lines: ReadonlyMap<string, number>;
}>;

/** Deepest nesting that is read. */
const MAX_DEPTH = 50;

class Fault extends Error {
  constructor(
    readonly at: number,
    message: string,
  ) {
    super(message);
  }
}

/** Parses a JSON text. A fault names its line and column. */
export function parseJson(text: string): ParsedJson {
  const reader = new Reader(text);
  try {
    const value = reader.value('', 0);
    reader.end();
    return { value, lines: reader.lines };
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    const before = text.slice(0, error.at).split('\n');
    const column = (before.at(-1)?.length ?? 0) + 1;
    return { fault: { line: before.length, column, message: error.message }, lines: reader.lines };
  }
}

/** Recursive descent over the text. */
class Reader {
  readonly lines = new Map<string, number>();
  readonly #text: string;
  #at = 0;
  #line = 1;

  constructor(text: string) {
    this.#text = text;
  }

  /** Reads the value at the current place, and notes the lines of all values in it. */
  value(pointer: string, depth: number): Json {
    this.#skip();
    this.lines.set(pointer, this.#line);
    if (depth > MAX_DEPTH) this.#fail(`At most ${MAX_DEPTH} levels.`);
    const sign = this.#text[this.#at];
    if (sign === '{') return this.#object(pointer, depth);
    if (sign === '[') return this.#list(pointer, depth);
    return sign === '"' ? this.#string() : this.#word();
  }

  /** Fails if anything but white space follows. */
  end(): void {
    this.#skip();
    if (this.#at < this.#text.length) this.#fail('The text goes on after its end.');
  }

  #object(pointer: string, depth: number): Json {
    this.#at++;
    const entries = new Map<string, Json>();
    if (this.#take('}')) return {};
    do {
      const name = this.#name(entries);
      if (!this.#take(':')) this.#fail('A colon is needed after the name.');
      entries.set(name, this.value(`${pointer}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`, depth + 1));
    } while (this.#take(','));
    if (!this.#take('}')) this.#fail('A comma or } is needed here.');
    return Object.fromEntries(entries);
  }

  #name(known: ReadonlyMap<string, Json>): string {
    this.#skip();
    const start = this.#at;
    if (this.#text[start] !== '"') this.#fail('A name in double quotes is needed here.');
    const name = this.#string();
    if (!known.has(name)) return name;
    this.#at = start;
    return this.#fail(`The name ${JSON.stringify(name)} occurs twice.`);
  }

  #list(pointer: string, depth: number): Json {
    this.#at++;
    const items: Json[] = [];
    if (this.#take(']')) return items;
    do items.push(this.value(`${pointer}/${items.length}`, depth + 1));
    while (this.#take(','));
    if (!this.#take(']')) this.#fail('A comma or ] is needed here.');
    return items;
  }

  #string(): string {
    const literal = this.#match(/"(?:[^"\\\n]|\\.)*"/y) ?? this.#fail('The closing quote is missing.');
    return this.#parse(literal, 'The text in quotes has an escape or a control character that JSON does not allow.');
  }

  #word(): Json {
    const literal = this.#match(/[^\s,\]}:"[{]+/y) ?? this.#fail('A value is needed here.');
    const rule = 'numbers, true, false and null stand alone, text in double quotes.';
    return this.#parse(literal, `${literal.slice(0, 40)} is no value: ${rule}`);
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    return pattern.exec(this.#text)?.[0];
  }

  #parse<Value extends Json>(literal: string, fault: string): Value {
    try {
      const read = JSON.parse(literal) as Value;
      this.#at += literal.length;
      return read;
    } catch {
      return this.#fail(fault);
    }
  }

  #skip(): void {
    for (; /\s/.test(this.#text[this.#at] ?? ''); this.#at++) if (this.#text[this.#at] === '\n') this.#line++;
  }

  #take(sign: string): boolean {
    this.#skip();
    if (this.#text[this.#at] !== sign) return false;
    this.#at++;
    return true;
  }

  #fail(message: string): never {
    const isEnd = this.#at >= this.#text.length;
    throw new Fault(this.#at, isEnd ? `The text ends too early: ${message}` : message);
  }
}

/** Returns the line of the value at a pointer, or of the nearest value around it. */
export function lineOf(lines: ReadonlyMap<string, number>, pointer: string): number | undefined {
  for (let place = pointer; ; place = place.slice(0, place.lastIndexOf('/'))) {
    const line = lines.get(place);
    if (line !== undefined || place === '') return line;
  }
}

/** Width up to which a list or object stays on one line. */
const WIDTH = 72;

/** Formats a value: objects and lists on one line if they are short. */
export function formatJson(value: Json, indent = ''): string {
  const oneLine = onOneLine(value);
  if (indent !== '' && oneLine.length + indent.length <= WIDTH) return oneLine;
  if (typeof value !== 'object' || value === null) return oneLine;
  const inner = `${indent}  `;
  const parts = Array.isArray(value)
    ? value.map((item) => inner + formatJson(item, inner))
    : Object.entries(value).map(([name, item]) => `${inner}${JSON.stringify(name)}: ${formatJson(item, inner)}`);
  const [open, close] = Array.isArray(value) ? ['[', ']'] : ['{', '}'];
  return parts.length === 0 ? open + close : `${open}\n${parts.join(',\n')}\n${indent}${close}`;
}

function onOneLine(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(onOneLine).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const parts = Object.entries(value).map(([name, item]) => `${JSON.stringify(name)}: ${onOneLine(item)}`);
  return parts.length === 0 ? '{}' : `{ ${parts.join(', ')} }`;
}
