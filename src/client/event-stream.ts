/** Server-sent events of one answer, as the HTML standard defines them (9.2). */

import { chunksOf } from './byte-streams.js';

export type ServerEvent = Readonly<{ type: string; data: string }>;

/** Yields the text of a body line by line, without the line ends. An unfinished last line is dropped: the connection broke within it. */
async function* linesOf(body: ReadableStream, onBytes: () => void): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of chunksOf(body)) {
    onBytes();
    text += decoder.decode(chunk as Uint8Array<ArrayBuffer>, { stream: true });
    const lines = text.split('\n');
    text = lines.pop() ?? '';
    yield* lines;
  }
}

/** Yields the events of a body. `onBytes` is called whenever bytes arrive, heartbeats included. */
export async function* readEvents(body: ReadableStream, onBytes: () => void): AsyncGenerator<ServerEvent> {
  let type = 'message';
  let data: string[] = [];
  for await (const line of linesOf(body, onBytes)) {
    const [, field = '', value = ''] = /^([^:]*):? ?(.*)$/s.exec(line.replace(/\r$/, '')) ?? [];
    if (field === 'data') data.push(value);
    else if (field === 'event') type = value;
    if (line.trim() !== '') continue;
    if (data.length > 0) yield { type, data: data.join('\n') };
    type = 'message';
    data = [];
  }
}
