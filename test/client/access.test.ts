/** The client with keys: sign-in, API keys, the audit log, and streams that end with their key. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { type Frame, Trainyard, type TrainyardError } from '../../src/client/index.js';
import { openTestAccess } from '../support/access.js';
import { type Api, openApi } from '../support/api.js';
import { openServiceForFile } from '../support/service-for-file.js';

const { service } = await openServiceForFile();
const own = await openTestAccess(service.redis);
let api: Api;
let admin: Trainyard;
beforeAll(async () => {
  api = await openApi(service, { access: own.access });
  admin = clientWith(own.adminKey);
});
afterAll(async () => {
  await api.close();
  await own.close();
});

const clientWith = (apiKey: string | undefined, more: object = {}): Trainyard =>
  new Trainyard({ url: api.address, apiKey, WebSocket, retries: 0, ...more });

/** The WebSocket of a browser: it takes no headers. Notes the addresses. */
function browserSocket() {
  const addresses: string[] = [];
  class BrowserSocket extends WebSocket {
    constructor(url: string, ...options: object[]) {
      if (options.length > 0) throw new SyntaxError(`The subprotocol '${options[0]}' is invalid.`);
      super(url);
      addresses.push(url);
    }
  }
  return { addresses, WebSocket: BrowserSocket };
}

/** Reads a stream to its end. Returns its frames and the error that ended it. */
async function readAll(stream: AsyncIterable<Frame>, onFrame: (frame: Frame) => void = () => {}) {
  const frames: Frame[] = [];
  try {
    for await (const frame of stream) {
      frames.push(frame);
      onFrame(frame);
    }
  } catch (error) {
    return { frames, error: error as TrainyardError };
  }
  return { frames, error: undefined };
}

describe('access', () => {
  it('says who sends a request, and whether the service needs keys', async () => {
    expect(await admin.access.session()).toMatchObject({
      authentication: 'keys',
      caller: { kind: 'key', name: 'first admin', role: 'admin' },
    });
    expect(await clientWith('').access.session()).toEqual({ authentication: 'keys', caller: null });
    const open = await openApi(service);
    const { authentication, caller } = await new Trainyard({ url: open.address }).access.session();
    expect([authentication, caller?.kind]).toEqual(['none', 'anyone']);
    await open.close();
  });

  it('signs in with the given key, whichever the client has, and signs out', async () => {
    const viewer = await own.createKey({ role: 'viewer', name: 'page' });
    const cookies: (string | null)[] = [];
    const noting: typeof fetch = async (...call) => {
      const answer = await fetch(...call);
      cookies.push(answer.headers.get('set-cookie'));
      return answer;
    };
    const page = clientWith(own.adminKey, { fetch: noting });
    expect((await page.access.signIn(viewer.key)).caller).toMatchObject({ name: 'page', role: 'viewer' });
    await page.access.signOut();
    expect(cookies).toEqual([expect.stringMatching(/^trainyard_session=ey.*HttpOnly/), expect.stringMatching(/=;/)]);
    await expect(page.access.signIn('ty_nothing')).rejects.toMatchObject({ code: 'unauthorized', status: 401 });
  });

  it('creates, lists and revokes keys', async () => {
    const { key, id } = await admin.access.createKey({ name: 'ci', scopes: ['jobs:read'] });
    const ci = clientWith(key);
    expect(await ci.jobs.list().all()).toEqual([]);
    await expect(ci.access.keys()).rejects.toMatchObject({ code: 'forbidden', status: 403 });
    const listed = (await admin.access.keys()).find((each) => each.id === id);
    expect(listed).toMatchObject({ name: 'ci', scopes: ['jobs:read'], createdBy: 'first admin' });
    expect(listed).not.toHaveProperty('key');
    await admin.access.revokeKey(id);
    await expect(ci.jobs.list().page()).rejects.toMatchObject({ code: 'unauthorized' });
    await expect(admin.access.revokeKey(id)).rejects.toMatchObject({ code: 'key_not_found' });
  });

  it('walks through the audit log page by page', async () => {
    const { id } = await admin.access.createKey({ name: 'audited', role: 'viewer' });
    const entries = await admin.access.audit({ limit: 1 }).all();
    expect(entries[0]).toMatchObject({ operation: 'createKey', path: `/keys/${id}`, by: { name: 'first admin' } });
    expect(entries.length).toBeGreaterThan(1);
    expect((await admin.access.audit({ limit: 1 }).page()).nextCursor).toBe(entries[0]?.id);
  });
});

describe('a stream', () => {
  it('sends the key in a header, or in a browser a ticket: no key stands in an address', async () => {
    const { id } = await service.submit('waits');
    await service.jobs.cancel(id);
    const browser = browserSocket();
    const streams = [admin, clientWith(own.adminKey, { WebSocket: browser.WebSocket })];
    for (const { jobs } of streams)
      expect((await readAll(jobs.followAll({ jobs: [id] }))).frames.at(-1)?.type).toBe('end');
    expect(browser.addresses).toEqual([expect.stringMatching(/[?&]ticket=ey/)]);
    expect(browser.addresses[0]).not.toContain(own.adminKey.slice(15));
  });

  it('needs no ticket if the service runs without keys', async () => {
    const open = await openApi(service);
    const { id } = await service.submit('waits');
    await service.jobs.cancel(id);
    const browser = browserSocket();
    const { jobs } = new Trainyard({ url: open.address, apiKey: 'of-a-proxy', WebSocket: browser.WebSocket });
    expect((await readAll(jobs.followAll({ jobs: [id] }))).error).toBeUndefined();
    expect(browser.addresses[0]).not.toContain('ticket');
    await open.close();
  });

  it.each([
    ['by server-sent events', ({ jobs }: Trainyard, id: string) => jobs.follow(id)],
    ['by WebSocket', ({ jobs }: Trainyard, id: string) => jobs.followAll({ jobs: [id] })],
  ])('%s ends with `unauthorized` when its key is revoked', async (_, follow) => {
    const { id } = await service.submit('waits');
    const { key, id: keyId } = await own.createKey({ role: 'viewer' });
    const { frames, error } = await readAll(follow(clientWith(key), id), () => void admin.access.revokeKey(keyId));
    expect(frames.length).toBeGreaterThan(0);
    expect(error).toMatchObject({ code: 'unauthorized', status: 401, detail: expect.stringContaining('revoked') });
    await service.jobs.cancel(id);
  });

  it('ends at once if its key was revoked while the connection was lost', async () => {
    const { id } = await service.submit('waits');
    const { key, id: keyId } = await own.createKey({ role: 'viewer' });
    let opened = 0;
    class Breaking extends WebSocket {
      constructor(...args: ConstructorParameters<typeof WebSocket>) {
        super(...args);
        opened += 1;
        // The first connection breaks after its first frame, when the key has ended.
        this.once('message', () => void own.access.keys.revoke(keyId, 'test').then(() => this.terminate()));
      }
    }
    const { error } = await readAll(clientWith(key, { WebSocket: Breaking }).jobs.followAll({ jobs: [id] }));
    expect(error).toMatchObject({ code: 'unauthorized', status: 401 });
    expect(opened).toBe(2);
    await service.jobs.cancel(id);
  });
});
