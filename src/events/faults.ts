/** Descriptions of Redis faults for logs, problem documents and `/readyz`, without library terms and without secrets. */
const NO_DATABASE = /DB index is out of range|invalid DB index/i;

/** Replies of a server that cannot serve this client now. Scripts wrap some replies, so the patterns match anywhere in the text. */
const REPLIES: readonly (readonly [RegExp, string | ((text: string) => string)])[] = [
  [
    /\bWRONGPASS\b|invalid (username-)?password/i,
    'Redis refuses the password: check user name and password in REDIS_URL',
  ],
  [
    /\bNOAUTH\b|operation not permitted/i,
    'Redis requires a password: add it to REDIS_URL, as redis://:password@host:6379',
  ],
  [/\bNOPERM\b/, lackingRight],
  [/\bLOADING\b/, 'Redis is loading its data'],
  [
    /\bOOM\b/,
    'Redis is out of memory and refuses writes: it has reached its maxmemory or, with `npm start`, the disk is nearly full',
  ],
  [/\bMISCONF\b/, 'Redis cannot write to its disk and refuses writes (MISCONF)'],
  [/\bREADONLY\b/, 'Redis at this address is a read-only replica: REDIS_URL must lead to the primary'],
  [/\bMASTERDOWN\b/, 'Redis at this address is a replica that has lost its primary'],
  [/\bNOREPLICAS\b/, 'Redis refuses writes because too few replicas follow it (NOREPLICAS)'],
  [/\b(CLUSTERDOWN|MOVED|ASK|CROSSSLOT|TRYAGAIN)\b/, 'Redis runs as a cluster: REDIS_URL must lead to a single server'],
  [/\bBUSY\b/, 'Redis is busy with a long script'],
  [/\bDENIED\b/, 'Redis is in protected mode and accepts no clients from other machines'],
  [/\bNOPROTO\b/, 'Redis is too old: version 7 or newer is required'],
  [/max number of clients/i, 'Redis has reached its limit on clients (maxclients)'],
  [NO_DATABASE, 'Redis has no database with the number in REDIS_URL'],
  [/unknown command/i, unknownCommand],
];

/** Replies that indicate a defect of this service or keys of another program. Trying again does not help. */
const DEFECTS =
  /^(WRONGTYPE|NOSCRIPT|EXECABORT|ERR (error (running|compiling) script|syntax error|wrong number of arguments|value is not|the ID specified|user_script))/i;

/** Descriptions by system error code. `%` is the address or the path of the socket. */
const SYSTEM: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens at %',
  ENOENT: 'there is no socket at %',
  EACCES: 'this user has no permission to open %',
  ENOTFOUND: 'the host name % in REDIS_URL does not resolve to an address',
  EAI_AGAIN: 'the host name % in REDIS_URL does not resolve to an address now',
  EHOSTUNREACH: 'the network has no route to %',
  ENETUNREACH: 'the network has no route to %',
  ETIMEDOUT: '% does not answer',
  // A Redis that is full of clients says so and closes: some Node.js releases lose its words and report only the reset.
  ECONNRESET:
    '% closed the connection. If it uses TLS, REDIS_URL must begin with rediss://. Otherwise Redis may have reached its limit on clients (maxclients)',
  EPIPE: '% closed the connection',
};

const NO_TLS = 'the server does not use TLS: REDIS_URL must begin with redis://, or use the TLS port';
const NOT_REDIS = 'the server does not use the protocol of Redis: check host and port, and use rediss:// for TLS';

/** Messages of ioredis about a missing connection. Only its `error` events have the reason. */
const NOT_CONNECTED =
  /stream isn't writeable|connection is closed|max retries per request|connection close|connection is in closing state/i;

export const isNotConnected = (error: unknown): boolean => error instanceof Error && NOT_CONNECTED.test(error.message);

export const isNoDatabaseReply = (error: unknown): boolean => isReply(error) && NO_DATABASE.test(replyOf(error));

/** Returns whether Redis, or a script in it, refused a write because it is out of memory. */
export const isOutOfMemoryReply = (error: unknown): boolean => isReply(error) && /\bOOM\b/.test(replyOf(error));

const isReply = (error: unknown): error is Error => error instanceof Error && error.name === 'ReplyError';

/** Returns whether an error indicates a defect rather than an unavailable Redis. */
export function isDefect(error: unknown): boolean {
  if (!isReply(error)) return false;
  const text = replyOf(error);
  return DEFECTS.test(text) && !REPLIES.some(([pattern]) => pattern.test(text));
}

/** Returns a sentence without its full stop. Removes `secrets` from it. `isTls`: the connection uses TLS. */
export function describeFault(error: unknown, secrets: Iterable<string> = [], isTls = false): string {
  if (!(error instanceof Error)) return 'Redis cannot be used';
  const sentence = isReply(error) ? describeReply(replyOf(error)) : describeConnectionError(error, isTls);
  return [...secrets].reduce((text, secret) => text.replaceAll(secret, '…'), sentence);
}

/** Returns the reply text. For a transaction, the reply of its first refused command. */
function replyOf(error: Error & { previousErrors?: readonly Error[] }): string {
  return error.previousErrors?.[0]?.message ?? error.message;
}

function describeReply(text: string): string {
  const known = REPLIES.find(([pattern]) => pattern.test(text))?.[1];
  if (typeof known === 'function') return known(text);
  return known ?? `Redis answers with an error: ${text.slice(0, 200).replaceAll('\n', ' ')}`;
}

type SystemError = Error & { code?: string; address?: string; port?: number; hostname?: string; path?: string };

function describeConnectionError(error: SystemError, isTls: boolean): string {
  const { code = '', address, port, hostname, path, message } = error;
  const where = hostname ?? path ?? (address === undefined ? 'the address in REDIS_URL' : addressOf(address, port));
  // A Redis without TLS takes the handshake for an unfinished command, and waits.
  if (code === 'ETIMEDOUT' && isTls)
    return `${where} does not answer with TLS; if its port does not use TLS, REDIS_URL must begin with redis://`;
  const known = SYSTEM[code];
  if (known !== undefined) return known.replace('%', where);
  if (/^EPROTO$|^ERR_SSL/.test(code) || /wrong version number/i.test(message)) return NO_TLS;
  if (/CERT|SELF_SIGNED|ISSUER|ERR_TLS/.test(code)) return `the TLS certificate of Redis is not accepted (${code})`;
  if (/protocol error|unknown RESP type/i.test(message)) return NOT_REDIS;
  if (/timed out|timeout/i.test(message)) return 'Redis did not answer in time';
  if (isNotConnected(error)) return 'the connection to Redis was closed';
  return `the connection to Redis failed${code === '' ? '' : ` (${code})`}`;
}

const addressOf = (address: string, port: number | undefined): string =>
  `${address.includes(':') ? `[${address}]` : address}${port === undefined ? '' : `:${port}`}`;

function lackingRight(text: string): string {
  const command = /'([\w|]+)' command/.exec(text)?.[1]?.toUpperCase();
  const right = command === undefined ? 'keys or channels that begin with trainyard:' : `the command ${command}`;
  return `the user of REDIS_URL lacks the right to use ${right} (NOPERM)`;
}

/** Leaves out the arguments that Redis repeats, because they may contain a password. */
function unknownCommand(text: string): string {
  const command = /unknown command [`'"]?(\w+)/i.exec(text)?.[1]?.toUpperCase();
  return `Redis does not know the command ${command ?? 'that was sent'}: it is older than version 7, or forbids it`;
}
