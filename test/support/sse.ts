/** Reader of server-sent events by the grammar of the HTML standard (9.2.6). A test can break the connection off. */
import { get, type IncomingMessage } from 'node:http';

export type ServerEvent = Readonly<{ id: string; event: string; data: string }>;

export type EventStream = Readonly<{
  status: number;
  headers: IncomingMessage['headers'];
  /** A comment has the event `comment`, a `retry` line the event `retry`. */
  events: AsyncIterable<ServerEvent>;
  /** Resolves with the whole body, for answers that are not a stream. */
  text(): Promise<string>;
  response: IncomingMessage;
}>;

export function openEvents(url: string, headers: Record<string, string> = {}): Promise<EventStream> {
  return new Promise((resolve, reject) => {
    const request = get(url, { headers, agent: false }, (response) => {
      response.on('error', () => undefined);
      resolve({
        status: response.statusCode ?? 0,
        headers: response.headers,
        events: parse(response),
        response,
        async text() {
          let text = '';
          for await (const chunk of response) text += String(chunk);
          return text;
        },
      });
    });
    request.on('error', reject);
  });
}

async function* parse(response: IncomingMessage): AsyncGenerator<ServerEvent> {
  response.setEncoding('utf8');
  let rest = '';
  let id = '';
  for await (const chunk of response) {
    const blocks = (rest + String(chunk)).split('\n\n');
    rest = blocks.pop() ?? '';
    for (const block of blocks) {
      const fields = new Map<string, string>();
      for (const line of block.split('\n')) {
        const [, name = '', value = ''] = /^([^:]*): ?(.*)$/.exec(line) ?? [];
        fields.set(name, value);
      }
      id = fields.get('id') ?? id;
      const [first = ''] = fields.keys();
      const event = fields.get('event') ?? { '': 'comment', retry: 'retry' }[first] ?? 'message';
      yield { id, event, data: fields.get('data') ?? fields.get(first) ?? '' };
    }
  }
}

/** Resolves with the events up to the end of the answer, without comments and `retry`. */
export async function readEvents(url: string, headers: Record<string, string> = {}): Promise<ServerEvent[]> {
  const { events } = await openEvents(url, headers);
  const found: ServerEvent[] = [];
  for await (const event of events) if (event.event !== 'comment' && event.event !== 'retry') found.push(event);
  return found;
}
