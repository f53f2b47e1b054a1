/** Image files put together from their raw parts, so that any of them may be wrong. */
import { crc32, deflateSync } from 'node:zlib';

const PNG_SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

/** 32-bit numbers, the highest byte first. */
export function u32be(...values) {
  const bytes = Buffer.alloc(4 * values.length);
  for (const [index, value] of values.entries()) bytes.writeUInt32BE(value >>> 0, 4 * index);
  return bytes;
}

/** A chunk with a right length and checksum, unless another `length` is claimed. */
export function pngChunk(type, data = Buffer.alloc(0), length = data.length) {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  return Buffer.concat([u32be(length), body, u32be(crc32(body))]);
}

/** Color types: 0 gray, 2 RGB, 3 palette, 6 RGBA. */
export function pngHeader({ width, height, bits = 8, color = 0, interlaced = false }) {
  return pngChunk('IHDR', Buffer.concat([u32be(width, height), Buffer.from([bits, color, 0, 0, interlaced ? 1 : 0])]));
}

export function png(header, ...chunks) {
  return Buffer.concat([PNG_SIGNATURE, pngHeader(header), ...chunks, pngChunk('IEND')]);
}

/** The compressed rows of a black image. */
export function blackRows({ width, height, bits = 8, color = 0 }) {
  const samples = { 0: 1, 2: 3, 3: 1, 6: 4 }[color];
  return pngChunk('IDAT', deflateSync(Buffer.alloc(height * (1 + Math.ceil((width * bits * samples) / 8)))));
}

/** Field types of TIFF 6.0, and LONG8 of BigTIFF. */
export const TIFF = { byte: 1, ascii: 2, short: 3, long: 4, rational: 5, undefined: 7 };
const TIFF_BYTES = { 1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 7: 1 };

/**
 * A little-endian TIFF. A directory is `{tags: {[tag]: value | {type, values, count}}, next}`: a plain value is a LONG;
 * `count` may lie; `next` is the index of the directory that follows, the one after it where it is absent, -1 to end.
 * A value may be a function of `{directory(index), data}`, the offsets in the file of a directory and of `data`.
 */
export function tiff(directories, data = Buffer.alloc(0)) {
  const dataOffset = 8;
  const firstDirectory = dataOffset + data.length + (data.length % 2);
  const layouts = [];
  let size = firstDirectory;
  for (const { tags } of directories) {
    layouts.push(size);
    size += 2 + 12 * Object.keys(tags).length + 4;
    for (const field of Object.values(tags)) size += outsideBytes(field);
  }
  const offsets = { directory: (index) => layouts[index], data: dataOffset };
  const file = Buffer.alloc(size);
  file.write('II*\0', 'latin1');
  file.writeUInt32LE(firstDirectory, 4);
  data.copy(file, dataOffset);
  directories.forEach(({ tags, next }, index) => {
    const entries = Object.entries(tags);
    let at = layouts[index];
    let outside = at + 2 + 12 * entries.length + 4;
    at = file.writeUInt16LE(entries.length, at);
    for (const [tag, field] of entries) {
      const { type, values, count } = normalized(field, offsets);
      const bytes = packed(type, values);
      file.writeUInt16LE(Number(tag), at);
      file.writeUInt16LE(type, at + 2);
      file.writeUInt32LE((count ?? values.length) >>> 0, at + 4);
      if (bytes.length <= 4) bytes.copy(file, at + 8);
      else {
        file.writeUInt32LE(outside, at + 8);
        bytes.copy(file, outside);
        outside += bytes.length;
      }
      at += 12;
    }
    const following = next ?? (index + 1 < directories.length ? index + 1 : -1);
    file.writeUInt32LE(following < 0 ? 0 : layouts[following], at);
  });
  return file;
}

function normalized(field, offsets) {
  if (typeof field === 'function') return { type: TIFF.long, values: [field(offsets)] };
  return typeof field === 'number' ? { type: TIFF.long, values: [field] } : field;
}

function outsideBytes(field) {
  if (typeof field === 'number' || typeof field === 'function') return 0;
  const bytes = field.values.length * TIFF_BYTES[field.type];
  return bytes <= 4 ? 0 : bytes;
}

function packed(type, values) {
  const bytes = Buffer.alloc(values.length * TIFF_BYTES[type]);
  values.forEach((value, index) => {
    if (type === TIFF.short) bytes.writeUInt16LE(value & 0xffff, 2 * index);
    else if (type === TIFF.long) bytes.writeUInt32LE(value >>> 0, 4 * index);
    else bytes[index] = value;
  });
  return bytes;
}

/** Tags of an 8-bit gray page in one strip at the start of the data. Compression: 1 none, 8 deflate, 5 LZW, 4 fax. */
export function grayPage({ width, height, bytes, compression = 1 }) {
  return {
    256: width,
    257: height,
    258: { type: TIFF.short, values: [8] },
    259: { type: TIFF.short, values: [compression] },
    262: { type: TIFF.short, values: [1] },
    273: ({ data }) => data,
    277: { type: TIFF.short, values: [1] },
    278: height,
    279: bytes,
  };
}

/** A chunk of a WebP, padded to an even length; another `length` may be claimed. */
export function riffChunk(name, data, length = data.length) {
  const head = Buffer.alloc(8);
  head.write(name, 'latin1');
  head.writeUInt32LE(length >>> 0, 4);
  return Buffer.concat([head, data, Buffer.alloc(data.length % 2)]);
}

export function webp(chunks, length) {
  const body = Buffer.concat([Buffer.from('WEBP'), ...chunks]);
  return riffChunk('RIFF', body, length ?? body.length);
}

function u24le(...values) {
  return Buffer.from(values.flatMap((value) => [value & 0xff, (value >> 8) & 0xff, (value >> 16) & 0xff]));
}

/** Extended header of a WebP. Flags: 2 animation, 4 XMP, 8 EXIF, 16 alpha, 32 ICC profile. */
export function vp8x({ width, height, flags }) {
  return riffChunk('VP8X', Buffer.concat([Buffer.from([flags, 0, 0, 0]), u24le(width - 1, height - 1)]));
}

export const animation = () => riffChunk('ANIM', Buffer.alloc(6));

/** A frame of an animation. `image` is its VP8 or VP8L chunk. */
export function frame(image, { width, height }) {
  return riffChunk('ANMF', Buffer.concat([u24le(0, 0, width - 1, height - 1, 10), Buffer.from([0]), image]));
}

/** The first image chunk of a plain WebP. */
export function imageChunk(file) {
  const length = file.readUInt32LE(16);
  return file.subarray(12, 20 + length + (length % 2));
}

/** A marker segment of a JPEG. */
export function jpegSegment(marker, data) {
  const head = Buffer.from([0xff, marker, 0, 0]);
  head.writeUInt16BE(data.length + 2, 2);
  return Buffer.concat([head, data]);
}

/** A frame header: SOF0 (0xc0) baseline, SOF2 (0xc2) progressive, SOF3 lossless, SOF9 arithmetic. */
export function jpegFrame({ marker = 0xc0, width, height, components = 1 }) {
  const head = Buffer.alloc(6);
  head[0] = 8;
  head.writeUInt16BE(height, 1);
  head.writeUInt16BE(width, 3);
  head[5] = components;
  const parts = Array.from({ length: components }, (_, index) => [index + 1, 0x11, 0]);
  return jpegSegment(marker, Buffer.concat([head, Buffer.from(parts.flat())]));
}

/** Where each scan of a JPEG begins and ends, its markers included. */
export function jpegScans(file) {
  const scans = [];
  let position = 2;
  while (position + 4 <= file.length && file[position] === 0xff && file[position + 1] !== 0xd9) {
    const marker = file[position + 1];
    let end = position + 2 + file.readUInt16BE(position + 2);
    if (marker === 0xda) {
      while (file[end] !== 0xff || file[end + 1] === 0 || (file[end + 1] >= 0xd0 && file[end + 1] <= 0xd7)) end += 1;
      scans.push({ from: position, to: end });
    }
    position = end;
  }
  return scans;
}

/**
 * A gray progressive JPEG of one color with `scans` scans, in a hundred bytes each: a bit a block in the first, and in
 * the others 15 bits for a run of 16,384 blocks. Every code is made of zeros.
 */
export function scannedJpeg(width, height, scans) {
  const blocks = Math.ceil(width / 8) * Math.ceil(height / 8);
  const table = (id, symbol) => jpegSegment(0xc4, Buffer.from([id, 1, ...Array(15).fill(0), symbol]));
  const scan = (from, to, bits) =>
    Buffer.concat([jpegSegment(0xda, Buffer.from([1, 1, 0, from, to, 0])), Buffer.alloc(Math.ceil(bits / 8))]);
  const eobRun = 0xe0;
  return Buffer.concat([
    Buffer.from([0xff, 0xd8]),
    jpegSegment(0xdb, Buffer.alloc(65, 1).fill(0, 0, 1)),
    jpegFrame({ marker: 0xc2, width, height }),
    table(0x00, 0),
    table(0x10, eobRun),
    scan(0, 0, blocks),
    ...Array(scans - 1).fill(scan(1, 63, 15 * Math.ceil(blocks / 16_384))),
    Buffer.from([0xff, 0xd9]),
  ]);
}
