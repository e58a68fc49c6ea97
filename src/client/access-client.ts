/** Calls about access: sign-in, API keys, tickets for streams, and the audit log. */
import type {
  Answer,
  ApiKey,
  ApiKeyRequest,
  AuditEntry,
  AuditPage,
  CallOptions,
  NewApiKey,
  Query,
  Session,
  StreamTicket,
} from './client-types.js';
import { createListing, type Listing } from './listing.js';
import { bearer, nothing, pathOf, type Transport } from './transport.js';

export class Access {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** Returns whether the service needs keys, and who sends this request: null if nobody is signed in. */
  session(options: CallOptions = {}): Promise<Session> {
    return this.#transport.request('/session', options);
  }

  /** Signs in a browser with an API key or a token: the answer sets a cookie that scripts cannot read. For pages of the service itself. */
  signIn(apiKey: string, options: CallOptions = {}): Promise<Session> {
    const call = { method: 'POST', headers: bearer(apiKey), retry: true } as const;
    return this.#transport.request('/session', options, call);
  }

  /** Removes the cookie of the session. */
  signOut(options: CallOptions = {}): Promise<void> {
    return this.#transport.request('/session', options, { method: 'DELETE', read: nothing, retry: true });
  }

  /** Returns a ticket: `?ticket=` opens streams for 60 seconds. `jobs.followAll` gets its own where it cannot send headers. */
  ticket(options: CallOptions = {}): Promise<StreamTicket> {
    return this.#transport.request('/tickets', options, { method: 'POST', retry: true });
  }

  /** Creates an API key. Only this answer has the text of the key. */
  createKey(request: ApiKeyRequest, options: CallOptions = {}): Promise<NewApiKey> {
    return this.#transport.request('/keys', options, { method: 'POST', json: request });
  }

  /** Lists the keys that are not revoked, newest first. */
  async keys(options: CallOptions = {}): Promise<ApiKey[]> {
    return (await this.#transport.request<Answer<'listKeys'>>('/keys', options)).keys;
  }

  /** Ends a key, its sessions and its open streams. Rejects with `last_admin_key` for the last key that can create others. */
  revokeKey(id: string, options: CallOptions = {}): Promise<void> {
    return this.#transport.request(pathOf`/keys/${id}`, options, { method: 'DELETE', read: nothing });
  }

  /** Lists who changed what, newest first. */
  audit(options: Query<'listAudit'> & CallOptions = {}): Listing<AuditEntry, AuditPage> {
    return createListing(this.#transport, '/audit', options, (page: AuditPage) => page.entries);
  }
}
