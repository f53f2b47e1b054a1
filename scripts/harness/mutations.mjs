/** Reproducible damage to small documents: the same `random` gives the same bytes. */
import { crc32 } from 'node:zlib';
import { between } from './options.mjs';

/** Values at the borders of 8, 16 and 32 bits, and those next to what a length usually is. */
const EDGES = [0, 1, 2, 0x7f, 0x80, 0xff, 0x100, 0x7fff, 0x8000, 0xffff, 0x10000, 0x7fffffff, 0x80000000, 0xffffffff];
/** Numbers as a PDF may write them, and some that it may not. */
const NUMBERS = [
  '0',
  '-1',
  '1',
  '3',
  '65536',
  '2147483647',
  '-2147483648',
  '4294967296',
  '99999999999999999999',
  '1e9',
  '0.0000001',
  '--5',
  '1.2.3',
];
const MOST_OPERATIONS = 4;
/** Growth by repeated duplication ends here. */
const MOST_BYTES = 200_000;

const place = (random, bytes) => between(random, 0, Math.max(0, bytes.length - 1));
const pick = (random, list) => list[Math.floor(random() * list.length)];

/** A range of the file: most are short, as fields and chunks are. */
function range(random, bytes) {
  const from = place(random, bytes);
  const longest = random() < 0.8 ? 32 : bytes.length;
  return [from, Math.min(bytes.length, from + between(random, 1, longest))];
}

const OPERATIONS = [
  function flipBit(random, bytes) {
    const at = place(random, bytes);
    bytes[at] ^= 1 << between(random, 0, 7);
    return bytes;
  },
  function setByte(random, bytes) {
    bytes[place(random, bytes)] = pick(random, EDGES) & 0xff;
    return bytes;
  },
  /** Of a length, count or offset field: at an even place, of either byte order. */
  function editField(random, bytes) {
    const value = pick(random, EDGES);
    const width = random() < 0.5 ? 2 : 4;
    const at = place(random, bytes) & ~1;
    if (at + width > bytes.length) return bytes;
    if (random() < 0.5) bytes.writeUIntBE(value % 2 ** (8 * width), at, width);
    else bytes.writeUIntLE(value % 2 ** (8 * width), at, width);
    return bytes;
  },
  /** A number written in digits; where there is none, the end is cut. */
  function editNumber(random, bytes) {
    const numbers = [...bytes.toString('latin1').matchAll(/\d+/g)];
    if (numbers.length === 0) return truncate(random, bytes);
    const { index, 0: digits } = pick(random, numbers);
    const number = Buffer.from(pick(random, NUMBERS));
    return Buffer.concat([bytes.subarray(0, index), number, bytes.subarray(index + digits.length)]);
  },
  truncate,
  function remove(random, bytes) {
    const [from, to] = range(random, bytes);
    return Buffer.concat([bytes.subarray(0, from), bytes.subarray(to)]);
  },
  function duplicate(random, bytes) {
    const [from, to] = range(random, bytes);
    const times = random() < 0.9 ? 1 : between(random, 2, 200);
    const copies = Array(times).fill(bytes.subarray(from, to));
    return Buffer.concat([bytes.subarray(0, to), ...copies, bytes.subarray(to)]).subarray(0, MOST_BYTES);
  },
  function move(random, bytes) {
    const [from, to] = range(random, bytes);
    const rest = Buffer.concat([bytes.subarray(0, from), bytes.subarray(to)]);
    const at = place(random, rest);
    return Buffer.concat([rest.subarray(0, at), bytes.subarray(from, to), rest.subarray(at)]);
  },
  /** The beginning of one document with the end of another. */
  function splice(random, bytes, other) {
    return Buffer.concat([bytes.subarray(0, place(random, bytes)), other.subarray(place(random, other))]);
  },
  function noise(random, bytes) {
    const [from, to] = range(random, bytes);
    for (let at = from; at < to; at += 1) bytes[at] = between(random, 0, 255);
    return bytes;
  },
];

function truncate(random, bytes) {
  return bytes.subarray(0, place(random, bytes));
}

/** One of `seeds`, damaged in 1 to 4 ways. */
export function mutate(random, seeds) {
  let bytes = Buffer.from(pick(random, seeds));
  for (let left = between(random, 1, MOST_OPERATIONS); left > 0; left -= 1) {
    bytes = Buffer.from(pick(random, OPERATIONS)(random, bytes, pick(random, seeds)));
  }
  return bytes;
}

/** A PNG's checksums made right again, as far as its chunks can be told: a reader stops at the first wrong one. */
export function mendChecksums(file) {
  const bytes = Buffer.from(file);
  let at = 8;
  while (at + 12 <= bytes.length) {
    const end = at + 8 + bytes.readUInt32BE(at);
    if (end + 4 > bytes.length) break;
    bytes.writeUInt32BE(crc32(bytes.subarray(at + 4, end)), end);
    at = end + 4;
  }
  return bytes;
}
