import { rmSync, writeFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { keepDocuments } from '../../../src/engine/documents.js';
import type { OpenDocument } from '../../../src/engine/stages/open.js';
import { makePdf } from '../../fixtures/make-pdf.js';
import { temporaryFolder } from '../../fixtures/temporary-folder.js';

const write = temporaryFolder();
const onePage = makePdf([{ content: '' }]);
const twoPages = makePdf([{ content: '' }, { content: '' }]);
const itself = async (document: OpenDocument) => document;

it('a document stays open from one use to the next', async () => {
  const documents = keepDocuments(1e6);
  const path = write('kept.pdf', onePage);
  const first = await documents.with(path, undefined, itself);
  expect(await documents.with(path, undefined, itself)).toBe(first);
});

it('a document that was replaced under its name is opened anew', async () => {
  const documents = keepDocuments(1e6);
  const path = write('replaced.pdf', onePage);
  expect((await documents.with(path, undefined, itself)).pageCount).toBe(1);
  writeFileSync(path, twoPages);
  expect((await documents.with(path, undefined, itself)).pageCount).toBe(2);
});

it('a document that is gone is missing, even if it was open', async () => {
  const documents = keepDocuments(1e6);
  const path = write('gone.pdf', onePage);
  await documents.with(path, undefined, itself);
  rmSync(path);
  await expect(documents.with(path, undefined, itself)).rejects.toMatchObject({ code: 'file.missing' });
});

it('a document that fails to open does not stand in the way of the next', async () => {
  const documents = keepDocuments(1e6);
  await expect(documents.with(write('noise', 'noise'), undefined, itself)).rejects.toThrow();
  expect((await documents.with(write('next.pdf', onePage), undefined, itself)).pageCount).toBe(1);
});
