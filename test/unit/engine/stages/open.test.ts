import { expect, it } from 'vitest';
import { openDocument } from '../../../../src/engine/stages/open.js';
import { temporaryFolder } from '../../../fixtures/temporary-folder.js';

const write = temporaryFolder();
const open = (path: string) => openDocument(path, { maxPagePixels: 1e6 });

it('a file that is not there is missing', async () => {
  await expect(open('/nowhere/at/all.pdf')).rejects.toMatchObject({ code: 'file.missing' });
});

it('a file without a byte is empty', async () => {
  await expect(open(write('empty.pdf', ''))).rejects.toMatchObject({ code: 'file.empty' });
});

it('a file of another kind is unsupported, whatever its name says', async () => {
  await expect(open(write('named.pdf', 'GIF89a and so on'))).rejects.toMatchObject({ code: 'file.unsupported-type' });
});
