/** JSON bodies: faults and their positions, and encodings. */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { deflateSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseJson } from '../../../src/api/http/bodies/json.js';
import { findFault } from '../../../src/api/http/bodies/json-fault.js';

function refusalOf(body: string | Uint8Array, contentType?: string): string {
  try {
    parseJson(typeof body === 'string' ? Buffer.from(body) : body, { contentType });
  } catch (error) {
    return (error as Error).message;
  }
  return 'not refused';
}

describe('a body that is not JSON', () => {
  it.each([
    ['{"network":"resnet","epochs":2,}', 'line 1, column 31: there is an extra comma before "}"'],
    ['[1,2,]', 'line 1, column 5: there is an extra comma before "]"'],
    ['{\n  "a": [\n    1,\n  ],\n}', 'line 3, column 6: there is an extra comma before "]"'],
    ['{"a":NaN}', 'line 1, column 6: "NaN" is not a JSON value: send a number or null'],
    ['{"a":-Infinity}', 'line 1, column 6: "-Infinity" is not a JSON value: send a number or null'],
    ['{"a":None}', '"None" is not a JSON value: send null'],
    ['{"a":True}', '"True" is not a JSON value: send true'],
    ['{"a":undefined}', '"undefined" is not a JSON value: send null'],
    ['{"a":resnet}', '"resnet" is not a JSON value: a string needs double quotes'],
    ['{"a":01}', '"01" is not a JSON value: numbers look like'],
    ['{"a":.5}', '".5" is not a JSON value: numbers look like'],
    ['{"a":0x1f}', '"0x1f" is not a JSON value: numbers look like'],
    ['{"a":1.}', '"1." is not a JSON value: numbers look like'],
    ["{'a':1}", `line 1, column 2: the quote ' is not allowed in JSON: use "`],
    ['{"a":‘b’}', 'line 1, column 6: the quote ‘ is not allowed in JSON: use "'],
    ['{a:1}', 'line 1, column 2: found "a" where a field name in double quotes is expected'],
    ['{"a":1 // one\n}', 'line 1, column 8: JSON has no comments'],
    ['/* one */ {}', 'line 1, column 1: JSON has no comments'],
    ['{"a":"b', 'line 1, column 6: the string that begins here has no closing quote'],
    ['{"a":"b\nc"}', 'line 1, column 8: a string contains a line break'],
    ['{"a":"\t"}', 'line 1, column 7: a string contains the control character "\\t"'],
    ['{"a":"\\x"}', 'line 1, column 7: "\\\\x" is not a JSON escape'],
    ['{"a":"\\u12"}', 'line 1, column 7: "\\\\u" is not a JSON escape'],
    ['{"a":1', 'line 1, column 7: it ends where a comma or "}" is expected'],
    ['{"a":[1,2', 'line 1, column 10: it ends where a comma or "]" is expected'],
    ['{"a"', 'line 1, column 5: it ends where a colon after the name "a" is expected'],
    ['{"a":1 "b":2}', 'line 1, column 8: found "\\"" where a comma or "}" is expected'],
    ['[1 2]', 'line 1, column 4: found "2" where a comma or "]" is expected'],
    ['{"a":1,,"b":2}', 'line 1, column 8: found "," where a field name'],
    ['[1}', 'line 1, column 3: found "}" where a comma or "]" is expected'],
    ['{"a":1}\n{"b":2}', 'line 2, column 1: "{\\"b\\":2}" follows the end of the value: send a single value'],
    ['{"a":1,"b":2,"a":3}', 'line 1, column 14: the field "a" appears twice'],
    ['{"x":{"a":1,"\\u0061":3}}', 'line 1, column 13: the field "a" appears twice'],
  ])('%j is refused: %s', (body, sentence) => {
    expect(refusalOf(body)).toContain(sentence);
    expect(refusalOf(body)).toMatch(/^The body is not valid JSON at line \d+, column \d+: .*\.$/s);
  });

  it.each(['', ' \r\n', '\ufeff'])('%j is empty', (body) => {
    expect(refusalOf(body)).toBe('The body is empty; send a JSON object.');
  });

  it('is refused with the position or the surrounding text, even if it is large', () => {
    const zeros = '0,'.repeat(200_000);
    expect(refusalOf(`{"instances":[${zeros}`)).toContain('The body is not valid JSON');
    expect(refusalOf(`{"instances":[${zeros}NaN]}`)).toContain('NaN');
    expect(refusalOf(`{"instances":[${zeros}0 0]}`)).toContain('line 1, column 400017');
  });

  it('is refused even if it is nested very deeply', () => {
    expect(refusalOf('['.repeat(100_000))).toContain('line 1, column 100001: it ends where');
    expect(refusalOf('{"a":'.repeat(40_000))).toContain('column 200001');
  });

  it('is refused exactly if JSON.parse refuses it', () => {
    const isJson = (text: string): boolean => {
      try {
        JSON.parse(text);
        return true;
      } catch {
        return false;
      }
    };
    const pieces = fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      ',',
      ':',
      '"',
      '\\',
      'e',
      '-',
      '1',
      '0',
      '.',
      'true',
      ' ',
      '\n',
      '',
    );
    const changed = fc.tuple(fc.json({ maxDepth: 4 }), fc.nat(), fc.nat(3), pieces).map(([json, place, cut, piece]) => {
      const at = place % (json.length + 1);
      return json.slice(0, at) + piece + json.slice(at + cut);
    });
    fc.assert(
      fc.property(fc.oneof(changed, fc.string(), fc.json()), (text) => {
        const fault = findFault(text);
        if (fault?.what.includes('appears twice')) return;
        expect(fault === undefined).toBe(isJson(text));
        expect(fault === undefined || (fault.at >= 0 && fault.at <= text.length)).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('a body in another encoding', () => {
  const json = '{"name":"café","n":1}';

  it('may begin with the byte order mark of UTF-8', () => {
    expect(parseJson(Buffer.from(`\ufeff${json}`))).toEqual({ name: 'café', n: 1 });
  });

  it.each([
    ['UTF-16 with a mark', Buffer.from(`\ufeff${json}`, 'utf16le')],
    ['UTF-16 without a mark', Buffer.from(json, 'utf16le')],
    ['UTF-16 with the high byte first', Buffer.from(`\ufeff${json}`, 'utf16le').swap16()],
    ['UTF-32', Buffer.concat([...`\ufeff${json}`].map((c) => Buffer.of(c.codePointAt(0) ?? 0, 0, 0, 0)))],
  ])('is refused in %s', (_, bytes) => {
    expect(refusalOf(bytes)).toMatch(/UTF-16 or UTF-32: send it as UTF-8\.$/);
  });

  it.each([
    ['Latin-1', Buffer.from(json, 'latin1'), '0xe9 at line 1, column 13'],
    ['half a character', Buffer.concat([Buffer.from('{"a":"'), Buffer.of(0xc3)]), '0xc3 at line 1, column 7'],
    ['a character that is too long', Buffer.from('[\n"\xc0\xaf"]', 'latin1'), '0xc0 at line 2, column 2'],
    ['a surrogate', Buffer.from('["\xed\xa0\x80"]', 'latin1'), '0xed at line 1, column 3'],
  ])('is refused in %s, with the position', (_, bytes, place) => {
    expect(refusalOf(bytes)).toContain(`is not UTF-8: the byte ${place} is part of no character`);
  });

  it.each([
    ['gzip', gzipSync(json)],
    ['deflate', deflateSync(json)],
    ['deflate', deflateSync(json, { level: 9 })],
  ])('is refused in %s, with the missing header', (coding, bytes) => {
    expect(refusalOf(bytes)).toContain(`is compressed with ${coding}, but has no header that says so.`);
    expect(refusalOf(bytes)).toContain(`"Content-Encoding: ${coding}"`);
  });

  it('is refused with the position of the first bad byte, however long the text before it is', () => {
    const text = fc.string({ unit: 'binary', maxLength: 300 });
    const bad = fc.constantFrom([0xff], [0x80], [0xc3], [0xe2, 0x82], [0xed, 0xa0, 0x80], [0xf0, 0x9f, 0x98]);
    fc.assert(
      fc.property(text, bad, fc.string({ maxLength: 300 }), (before, bytes, after) => {
        const start = `"text${before.replaceAll('\n', '')}`;
        const body = Buffer.concat([Buffer.from(start), Buffer.from(bytes), Buffer.from(`"${after}`)]);
        expect(refusalOf(body)).toContain(
          `the byte 0x${bytes[0]?.toString(16)} at line 1, column ${start.length + 1} `,
        );
      }),
      { numRuns: 300 },
    );
  });

  it('needs little memory for millions of numbers and an escaped character', async () => {
    const reading = new Worker(
      `const { parseJson } = await import(process.argv[2]);
      parseJson(Buffer.from('{"x":"\\\\ud83d\\\\ude00","instances":[[' + '0,'.repeat(2e6) + '0]]}'));`,
      {
        eval: true,
        argv: [new URL('../../../dist/api/http/bodies/json.js', import.meta.url).href],
        resourceLimits: { maxOldGenerationSizeMb: 128 },
      },
    );
    await once(reading, 'exit');
  });

  it('is refused if its Content-Type names another charset, unless all of it is ASCII', () => {
    expect(refusalOf(json, 'application/json; charset=ISO-8859-1')).toMatch(/has the charset ISO-8859-1/);
    expect(refusalOf('{"a":1}', 'application/json; charset=ISO-8859-1')).toBe('not refused');
    for (const charset of ['utf-8', 'UTF-8', '"utf-8"', 'utf8'])
      expect(refusalOf(json, `application/json; charset=${charset}`)).toBe('not refused');
  });

  it.each([
    ['{"a":["\\ud800"]}', /^\/a\/0 has a lone surrogate/],
    ['{"a":{"b":"x\\udc00y"}}', /^\/a\/b has a lone surrogate/],
    ['{"a\\udfff":1}', /^The body has a field whose name has a lone surrogate/],
  ])('is refused with half a surrogate pair: %s', (body, sentence) => {
    expect(refusalOf(body)).toMatch(sentence);
  });

  it('may contain surrogate pairs and U+FFFD', () => {
    expect(parseJson(Buffer.from('["\\ud83d\\ude00","\ufffd","😀"]'))).toEqual(['😀', '\ufffd', '😀']);
  });
});
