/**
 * Reader of Python pickles as data: a closed list of opcodes, and only globals of a given table. Nothing is imported or called.
 * Opcodes and their arguments: Lib/pickletools.py of CPython.
 */
import { refusal, shown } from './refusal.js';

/** Value of a pickle. Tuples are lists, sets and dictionaries are maps. Keys of maps are compared as JavaScript compares them. */
export type PickleValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | PickleValue[]
  | Map<PickleValue, PickleValue>
  | object;

/** Name of a class or function, as `module.name`. */
export class PickleGlobal {
  constructor(readonly path: string) {}
}

export type PickleRules = Readonly<{
  /** Globals by path. Each function makes a value from the arguments of a call; without a function the global is only a name. */
  globals: ReadonlyMap<string, ((args: readonly PickleValue[]) => PickleValue) | undefined>;
  /** Returns the value of a persistent id. */
  persistent(id: PickleValue): PickleValue;
}>;

/** Maximum number of opcodes: the largest network has about 20,000, and a checkpoint with its optimizer about four times as many. */
const MAX_OPCODES = 1_000_000;
/** Longest integer in bytes. */
const MAX_LONG_BYTES = 255;

/** Reads one pickle from `start`. Returns its value and the offset after it. Throws `invalid_weights`. */
export function readPickle(bytes: Buffer, start: number, rules: PickleRules): { value: PickleValue; end: number } {
  const machine = new Machine(bytes, start, rules);
  for (let count = 0; count < MAX_OPCODES; count += 1) {
    const at = machine.at;
    const opcode = machine.byte();
    if (opcode === STOP) return { value: machine.pop(), end: machine.at };
    const step = OPCODES.get(opcode);
    if (step === undefined)
      throw refusal(`its pickle has the opcode ${nameOf(opcode)} at byte ${at}, which is not allowed`);
    step(machine);
  }
  throw refusal(`its pickle has more than ${MAX_OPCODES} opcodes`);
}

/** Stack, memo and position of a pickle that is being read. */
class Machine {
  readonly #stack: PickleValue[] = [];
  readonly #marks: number[] = [];
  readonly #memo = new Map<number, PickleValue>();

  constructor(
    private readonly bytes: Buffer,
    public at: number,
    private readonly rules: PickleRules,
  ) {}

  /** Returns the next `length` bytes. */
  take(length: number): Buffer {
    if (length > this.bytes.length - this.at)
      throw refusal(`its pickle ends at byte ${this.bytes.length}, within a value`);
    this.at += length;
    return this.bytes.subarray(this.at - length, this.at);
  }

  byte(): number {
    return this.take(1).readUInt8();
  }

  /** Returns the next 8 bytes as a length. */
  length8(): number {
    const length = this.take(8).readBigUInt64LE();
    return length > BigInt(Number.MAX_SAFE_INTEGER) ? Number.MAX_SAFE_INTEGER : Number(length);
  }

  /** Returns the text up to the next line feed. */
  line(): string {
    const end = this.bytes.indexOf(0x0a, this.at);
    const text = this.take((end === -1 ? this.bytes.length : end) - this.at).toString('utf8');
    this.take(1);
    return text;
  }

  push(value: PickleValue): void {
    this.#stack.push(value);
  }

  pop(): PickleValue {
    if (this.#stack.length <= (this.#marks.at(-1) ?? 0)) throw refusal('its pickle takes a value from an empty stack');
    return this.#stack.pop() as PickleValue;
  }

  mark(): void {
    this.#marks.push(this.#stack.length);
  }

  /** Removes and returns the values since the last mark. */
  popMark(): PickleValue[] {
    const mark = this.#marks.pop();
    if (mark === undefined) throw refusal('its pickle has no mark on the stack');
    return this.#stack.splice(mark);
  }

  top(): PickleValue {
    const value = this.pop();
    this.push(value);
    return value;
  }

  remember(key: number): void {
    this.#memo.set(key, this.top());
  }

  memoize(): void {
    this.remember(this.#memo.size);
  }

  recall(key: number): void {
    const value = this.#memo.get(key);
    if (value === undefined) throw refusal(`its pickle reads the memo at ${key}, where nothing is`);
    this.push(value);
  }

  global(module: PickleValue, name: PickleValue): void {
    if (typeof module !== 'string' || typeof name !== 'string') throw refusal('its pickle has a global without a name');
    const path = `${module}.${name}`;
    if (!this.rules.globals.has(path))
      throw refusal(
        `its pickle names ${shown(path)}, and only tensors and plain values are allowed. Save the weights alone: torch.save(model.state_dict(), 'model.pth')`,
      );
    this.push(new PickleGlobal(path));
  }

  /** Makes the value of a call. */
  call(): void {
    const args = this.pop();
    const callee = this.pop();
    const make = callee instanceof PickleGlobal ? this.rules.globals.get(callee.path) : undefined;
    if (make === undefined || !Array.isArray(args))
      throw refusal(
        `its pickle calls ${callee instanceof PickleGlobal ? callee.path : 'a value'}, which is no function`,
      );
    this.push(make(args));
  }

  persistent(): void {
    this.push(this.rules.persistent(this.pop()));
  }

  /** Adds items to the list on top of the stack. Objects that are no list ignore them. */
  append(items: readonly PickleValue[]): void {
    const list = this.top();
    if (Array.isArray(list)) for (const item of items) list.push(item);
  }

  /** Adds keys with their values to the map on top of the stack. Other objects ignore them. */
  set(items: readonly PickleValue[]): void {
    if (items.length % 2 !== 0) throw refusal('its pickle has a key without a value');
    const map = this.top();
    if (!(map instanceof Map)) return;
    for (let index = 0; index < items.length; index += 2)
      map.set(items[index] as PickleValue, items[index + 1] as PickleValue);
  }

  /** Adds members to the set on top of the stack. */
  add(items: readonly PickleValue[]): void {
    this.set(items.flatMap((item) => [item, true]));
  }
}

type Step = (machine: Machine) => void;

const STOP = 0x2e;

const tuple =
  (length: number): Step =>
  (m) =>
    m.push(Array.from({ length }, () => m.pop()).reverse());

/** Little-endian two's complement integer of any length. */
function long(bytes: Buffer): number | bigint {
  if (bytes.length > MAX_LONG_BYTES) throw refusal(`its pickle has an integer of ${bytes.length} bytes`);
  const hex = Buffer.from(bytes).reverse().toString('hex');
  const value = BigInt.asIntN(8 * bytes.length, BigInt(`0x${hex === '' ? '0' : hex}`));
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

const text = (m: Machine, length: number): void => m.push(m.take(length).toString('utf8'));
/** Python 2's strings are bytes: names of tensors among them are ASCII. */
const byteText = (m: Machine, length: number): void => m.push(m.take(length).toString('latin1'));
const raw = (m: Machine, length: number): void => m.push(m.take(length));
const uint32 = (m: Machine): number => m.take(4).readUInt32LE();

const OPCODES: ReadonlyMap<number, Step> = new Map<number, Step>([
  // Frame
  [0x80, (m) => void m.byte()], // PROTO
  [0x95, (m) => void m.length8()], // FRAME
  [0x28, (m) => m.mark()], // MARK
  [0x30, (m) => void m.pop()], // POP
  [0x31, (m) => void m.popMark()], // POP_MARK
  [0x32, (m) => m.push(m.top())], // DUP
  // Constants and numbers
  [0x4e, (m) => m.push(null)], // NONE
  [0x88, (m) => m.push(true)], // NEWTRUE
  [0x89, (m) => m.push(false)], // NEWFALSE
  [0x4a, (m) => m.push(m.take(4).readInt32LE())], // BININT
  [0x4b, (m) => m.push(m.byte())], // BININT1
  [0x4d, (m) => m.push(m.take(2).readUInt16LE())], // BININT2
  [0x8a, (m) => m.push(long(m.take(m.byte())))], // LONG1
  [0x8b, (m) => m.push(long(m.take(uint32(m))))], // LONG4
  [0x47, (m) => m.push(m.take(8).readDoubleBE())], // BINFLOAT
  // Texts and bytes
  [0x58, (m) => text(m, uint32(m))], // BINUNICODE
  [0x8c, (m) => text(m, m.byte())], // SHORT_BINUNICODE
  [0x8d, (m) => text(m, m.length8())], // BINUNICODE8
  [0x54, (m) => byteText(m, uint32(m))], // BINSTRING
  [0x55, (m) => byteText(m, m.byte())], // SHORT_BINSTRING
  [0x42, (m) => raw(m, uint32(m))], // BINBYTES
  [0x43, (m) => raw(m, m.byte())], // SHORT_BINBYTES
  [0x8e, (m) => raw(m, m.length8())], // BINBYTES8
  // Lists, tuples, dictionaries, sets
  [0x5d, (m) => m.push([])], // EMPTY_LIST
  [0x29, (m) => m.push([])], // EMPTY_TUPLE
  [0x6c, (m) => m.push(m.popMark())], // LIST
  [0x74, (m) => m.push(m.popMark())], // TUPLE
  [0x85, tuple(1)], // TUPLE1
  [0x86, tuple(2)], // TUPLE2
  [0x87, tuple(3)], // TUPLE3
  [0x61, (m) => appendOne(m)], // APPEND
  [0x65, (m) => m.append(m.popMark())], // APPENDS
  [0x7d, (m) => m.push(new Map())], // EMPTY_DICT
  [0x73, (m) => setOne(m)], // SETITEM
  [0x75, (m) => m.set(m.popMark())], // SETITEMS
  [0x8f, (m) => m.push(new Map())], // EMPTY_SET
  [0x90, (m) => m.add(m.popMark())], // ADDITEMS
  [0x91, (m) => frozenSet(m)], // FROZENSET
  // Memo
  [0x71, (m) => m.remember(m.byte())], // BINPUT
  [0x72, (m) => m.remember(uint32(m))], // LONG_BINPUT
  [0x94, (m) => m.memoize()], // MEMOIZE
  [0x68, (m) => m.recall(m.byte())], // BINGET
  [0x6a, (m) => m.recall(uint32(m))], // LONG_BINGET
  // Objects
  [0x63, (m) => m.global(m.line(), m.line())], // GLOBAL
  [0x93, (m) => stackGlobal(m)], // STACK_GLOBAL
  [0x52, (m) => m.call()], // REDUCE
  [0x81, (m) => m.call()], // NEWOBJ
  [0x62, (m) => void m.pop()], // BUILD: attributes of objects are not needed
  [0x51, (m) => m.persistent()], // BINPERSID
]);

function appendOne(m: Machine): void {
  const item = m.pop();
  m.append([item]);
}

function setOne(m: Machine): void {
  const value = m.pop();
  const key = m.pop();
  m.set([key, value]);
}

function frozenSet(m: Machine): void {
  const items = m.popMark();
  m.push(new Map());
  m.add(items);
}

function stackGlobal(m: Machine): void {
  const name = m.pop();
  m.global(m.pop(), name);
}

/** Pickle opcodes of CPython that are refused. */
const REFUSED: Readonly<Record<number, string>> = {
  ...{ 105: 'INST', 111: 'OBJ', 80: 'PERSID', 130: 'EXT1', 131: 'EXT2', 132: 'EXT4', 146: 'NEWOBJ_EX' },
  ...{ 73: 'INT', 76: 'LONG', 70: 'FLOAT', 83: 'STRING', 86: 'UNICODE', 100: 'DICT', 103: 'GET', 112: 'PUT' },
  ...{ 150: 'BYTEARRAY8', 151: 'NEXT_BUFFER', 152: 'READONLY_BUFFER' },
};

const nameOf = (opcode: number): string => REFUSED[opcode] ?? `0x${opcode.toString(16).padStart(2, '0')}`;
