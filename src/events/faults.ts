/** Says in words why Redis cannot be used: for logs, problem documents and `/readyz`, without a library's terms and without secrets. */
const NO_DATABASE = /DB index is out of range|invalid DB index/i;

/** Replies of a server that cannot serve now, or not this client; scripts wrap some of them, so they are looked for anywhere. */
const REPLIES: readonly (readonly [RegExp, string | ((text: string) => string)])[] = [
  [
    /\bWRONGPASS\b|invalid (username-)?password/i,
    'Redis refuses the password: check user name and password in REDIS_URL',
  ],
  [
    /\bNOAUTH\b|operation not permitted/i,
    'Redis asks for a password: put it into REDIS_URL, as redis://:password@host:6379',
  ],
  [/\bNOPERM\b/, lackingRight],
  [/\bLOADING\b/, 'Redis is loading its data'],
  [
    /\bOOM\b/,
    'Redis is out of memory and refuses writes: its maxmemory is reached, or, with `npm start`, the disk is nearly full',
  ],
  [/\bMISCONF\b/, 'Redis cannot write to its disk and refuses writes (MISCONF)'],
  [/\bREADONLY\b/, 'Redis at this address is a read-only replica: REDIS_URL must lead to the primary'],
  [/\bMASTERDOWN\b/, 'Redis at this address is a replica that has lost its primary'],
  [/\bNOREPLICAS\b/, 'Redis refuses writes because too few replicas follow it (NOREPLICAS)'],
  [/\b(CLUSTERDOWN|MOVED|ASK|CROSSSLOT|TRYAGAIN)\b/, 'Redis runs as a cluster: REDIS_URL must lead to a single server'],
  [/\bBUSY\b/, 'Redis is busy with a script that does not end'],
  [/\bDENIED\b/, 'Redis is in protected mode and takes no clients of other machines'],
  [/\bNOPROTO\b/, 'Redis is too old: version 7 is the oldest that works'],
  [/max number of clients/i, 'Redis has as many clients as it may have (maxclients)'],
  [NO_DATABASE, 'Redis has no database of the number in REDIS_URL'],
  [/unknown command/i, unknownCommand],
];

/** Replies that show a defect of this service, or keys of another program: to wait and try again does not help. */
const DEFECTS =
  /^(WRONGTYPE|NOSCRIPT|EXECABORT|ERR (error (running|compiling) script|syntax error|wrong number of arguments|value is not|the ID specified|user_script))/i;

/** Codes of the system's errors; `%` is the address, or the path of the socket. */
const SYSTEM: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens at %',
  ENOENT: 'there is no socket at %',
  EACCES: 'this user may not open %',
  ENOTFOUND: 'the host name % in REDIS_URL does not resolve to an address',
  EAI_AGAIN: 'the host name % in REDIS_URL does not resolve to an address now',
  EHOSTUNREACH: 'there is no way to % in the network',
  ENETUNREACH: 'there is no way to % in the network',
  ETIMEDOUT: '% does not answer',
  ECONNRESET: '% closed the connection; if it speaks TLS, REDIS_URL must begin with rediss://',
  EPIPE: '% closed the connection',
};

const NO_TLS = 'what listens there does not speak TLS: REDIS_URL must begin with redis://, or lead to the TLS port';
const NOT_REDIS =
  'what listens there does not speak the protocol of Redis: check host and port, and take rediss:// for TLS';

/** What ioredis says of a connection that is not there; why is only known from its `error` events. */
const NOT_CONNECTED =
  /stream isn't writeable|connection is closed|max retries per request|connection close|connection is in closing state/i;

export const isNotConnected = (error: unknown): boolean => error instanceof Error && NOT_CONNECTED.test(error.message);

export const saysNoDatabase = (error: unknown): boolean => isReply(error) && NO_DATABASE.test(replyOf(error));

/** Whether Redis, or a script in it, refused a write because there is no memory. */
export const saysOutOfMemory = (error: unknown): boolean => isReply(error) && /\bOOM\b/.test(replyOf(error));

const isReply = (error: unknown): error is Error => error instanceof Error && error.name === 'ReplyError';

/** Whether an error shows a defect and not a Redis that cannot be used now. */
export function isDefect(error: unknown): boolean {
  if (!isReply(error)) return false;
  const text = replyOf(error);
  return DEFECTS.test(text) && !REPLIES.some(([pattern]) => pattern.test(text));
}

/** One sentence without its full stop. `secrets` are cut out of what Redis said; `isTls`: the connection is to be encrypted. */
export function faultOf(error: unknown, secrets: Iterable<string> = [], isTls = false): string {
  if (!(error instanceof Error)) return 'Redis cannot be used';
  const sentence = isReply(error) ? faultOfReply(replyOf(error)) : faultOfConnection(error, isTls);
  return [...secrets].reduce((text, secret) => text.replaceAll(secret, '…'), sentence);
}

/** A transaction says which of its commands was refused. */
function replyOf(error: Error & { previousErrors?: readonly Error[] }): string {
  return error.previousErrors?.[0]?.message ?? error.message;
}

function faultOfReply(text: string): string {
  const known = REPLIES.find(([pattern]) => pattern.test(text))?.[1];
  if (typeof known === 'function') return known(text);
  return known ?? `Redis answers with an error: ${text.slice(0, 200).replaceAll('\n', ' ')}`;
}

type SystemError = Error & { code?: string; address?: string; port?: number; hostname?: string; path?: string };

function faultOfConnection(error: SystemError, isTls: boolean): string {
  const { code = '', address, port, hostname, path, message } = error;
  const where = hostname ?? path ?? (address === undefined ? 'the address in REDIS_URL' : addressOf(address, port));
  // A Redis without TLS waits for the end of what it takes for a command.
  if (code === 'ETIMEDOUT' && isTls)
    return `${where} does not answer in TLS: if its port speaks none, REDIS_URL must begin with redis://`;
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

/** Redis repeats the arguments, which may be a password. */
function unknownCommand(text: string): string {
  const command = /unknown command [`'"]?(\w+)/i.exec(text)?.[1]?.toUpperCase();
  return `Redis does not know the command ${command ?? 'that was sent'}: it is older than version 7, or forbids it`;
}
