/**
 * Reads members of a ZIP archive (APPNOTE 6.3, without ZIP64 and encryption), which is what a Python wheel is.
 */
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { PassThrough } from 'node:stream';
import { createInflateRaw } from 'node:zlib';

const END_SIGNATURE = 0x06054b50;
const END_BYTES = 22;
const ENTRY_SIGNATURE = 0x02014b50;
const ENTRY_BYTES = 46;
const LOCAL_SIGNATURE = 0x04034b50;
const LOCAL_BYTES = 30;
const MAX_COMMENT_BYTES = 0xffff;
const STORED = 0;
const DEFLATED = 8;

/**
 * @typedef {{ method: number, compressedBytes: number, offset: number }} ZipEntry
 * @param {string} path
 * @returns {Promise<Map<string, ZipEntry>>} by member name
 */
export async function readZipDirectory(path) {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    const tail = await readAt(file, Math.max(0, size - END_BYTES - MAX_COMMENT_BYTES), size);
    const end = tail.length < END_BYTES ? -1 : tail.lastIndexOf(Buffer.from('PK\x05\x06', 'latin1'));
    if (end < 0 || tail.readUInt32LE(end) !== END_SIGNATURE) throw new Error('not a ZIP archive, or cut short');
    const count = tail.readUInt16LE(end + 10);
    const start = tail.readUInt32LE(end + 16);
    const directory = await readAt(file, start, start + tail.readUInt32LE(end + 12));

    const entries = new Map();
    let at = 0;
    for (let index = 0; index < count; index++) {
      if (directory.readUInt32LE(at) !== ENTRY_SIGNATURE) throw new Error('the ZIP directory is damaged');
      const nameBytes = directory.readUInt16LE(at + 28);
      entries.set(directory.toString('utf8', at + ENTRY_BYTES, at + ENTRY_BYTES + nameBytes), {
        method: directory.readUInt16LE(at + 10),
        compressedBytes: directory.readUInt32LE(at + 20),
        offset: directory.readUInt32LE(at + 42),
      });
      at += ENTRY_BYTES + nameBytes + directory.readUInt16LE(at + 30) + directory.readUInt16LE(at + 32);
    }
    return entries;
  } finally {
    await file.close();
  }
}

/**
 * The streams to pipe through, first to last, to get a member's bytes.
 * @param {string} path
 * @param {ZipEntry} entry
 */
export async function zipMemberStreams(path, { method, compressedBytes, offset }) {
  if (method !== STORED && method !== DEFLATED) throw new Error(`ZIP compression method ${method} is not supported`);
  const file = await open(path);
  let start;
  try {
    const header = await readAt(file, offset, offset + LOCAL_BYTES);
    if (header.readUInt32LE(0) !== LOCAL_SIGNATURE) throw new Error('the ZIP archive is damaged');
    start = offset + LOCAL_BYTES + header.readUInt16LE(26) + header.readUInt16LE(28);
  } finally {
    await file.close();
  }
  return [
    createReadStream(path, { start, end: start + compressedBytes - 1 }),
    method === DEFLATED ? createInflateRaw() : new PassThrough(),
  ];
}

/** @throws RangeError (of the reads that follow) where the file is shorter */
async function readAt(file, start, end) {
  const buffer = Buffer.alloc(end - start);
  const { bytesRead } = await file.read(buffer, 0, buffer.length, start);
  return buffer.subarray(0, bytesRead);
}
