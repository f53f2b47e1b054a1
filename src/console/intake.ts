/** Files come in: dropped anywhere on the page, pasted or chosen; of folders, all that is inside. */
import { signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { announce } from './announce.js';
import { addFiles } from './documents.js';
import { plural } from './format.js';
import { readingOptions } from './options.js';
import { isSignedIn } from './session.js';

/** Of what folders hold only these are documents; a file given by itself is sent whatever it is called. */
const DOCUMENT_NAME = /\.(pdf|png|jpe?g|tiff?|webp)$/i;

/** Whether files are held over the page. */
export const isDraggedOver = signal(false);

/** What was left out of the last files that came. */
export const intakeNote = signal('');

export function takeFiles(files: readonly File[]): void {
  take({ files, skipped: 0 });
}

export function takeFolder(files: readonly File[]): void {
  take(documentsAmong(files));
}

/** Wherever one is in the console; the browser would leave the page for a file that is dropped elsewhere. */
export function useIntake(onTaken: () => void): void {
  useEffect(() => {
    const listening = new AbortController();
    const listen = <Name extends keyof WindowEventMap>(name: Name, listener: (event: WindowEventMap[Name]) => void) =>
      window.addEventListener(name, listener, { signal: listening.signal });
    listen('dragover', (event) => {
      event.preventDefault();
      isDraggedOver.value = event.dataTransfer?.types.includes('Files') === true;
    });
    listen('dragleave', (event) => {
      if (event.relatedTarget === null) isDraggedOver.value = false;
    });
    listen('drop', (event) => {
      event.preventDefault();
      isDraggedOver.value = false;
      if (event.dataTransfer === null) return;
      void filesOfDrop(event.dataTransfer).then((dropped) => {
        take(dropped);
        onTaken();
      });
    });
    listen('paste', ({ clipboardData }) => {
      if (clipboardData === null || clipboardData.files.length === 0) return;
      takeFiles([...clipboardData.files]);
      onTaken();
    });
    return () => listening.abort();
  }, []);
}

interface IncomingFiles {
  readonly files: readonly File[];
  /** Files in folders that are no documents by their names. */
  readonly skipped: number;
}

function take({ files, skipped }: IncomingFiles): void {
  if (!isSignedIn.value) return;
  if (files.length > 0) addFiles(files, readingOptions.value);
  intakeNote.value = skipped === 0 ? '' : `${plural(skipped, 'file')} left out: no documents by their names.`;
  announce(`${plural(files.length, 'document')} added. ${intakeNote.value}`);
}

/** REQUIRES: called in the drop's own turn; the list of its items is empty afterwards. */
async function filesOfDrop(transfer: DataTransfer): Promise<IncomingFiles> {
  // What comes from another program, such as an attachment, is a file that lies in no folder.
  const items = [...transfer.items].map((item) => item.webkitGetAsEntry() ?? item.getAsFile());
  const given: File[] = [];
  const found: File[] = [];
  for (const item of items) {
    if (item instanceof File) given.push(item);
    else if (item !== null && isFile(item)) given.push(await fileOf(item));
    else if (item !== null) await walk(item as FileSystemDirectoryEntry, found);
  }
  const inFolders = documentsAmong(found);
  return { files: [...given, ...inFolders.files], skipped: inFolders.skipped };
}

function documentsAmong(files: readonly File[]): IncomingFiles {
  const documents = files.filter(({ name }) => DOCUMENT_NAME.test(name));
  return { files: documents, skipped: files.length - documents.length };
}

function isFile(entry: FileSystemEntry): entry is FileSystemFileEntry {
  return entry.isFile;
}

async function walk(folder: FileSystemDirectoryEntry, found: File[]): Promise<void> {
  const reader = folder.createReader();
  // A reader gives a hundred entries or so at a time, and none at the end.
  for (;;) {
    const entries = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (entries.length === 0) return;
    for (const entry of entries) {
      if (isFile(entry)) found.push(await fileOf(entry));
      else await walk(entry as FileSystemDirectoryEntry, found);
    }
  }
}

function fileOf(entry: FileSystemFileEntry): Promise<File> {
  return new Promise((resolve, reject) => entry.file(resolve, reject));
}
