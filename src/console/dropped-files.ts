/** The files of a drop or a choice, those inside folders too. */

/** Of what folders hold only these are documents; a file given by itself is sent whatever it is called. */
const DOCUMENT_NAME = /\.(pdf|png|jpe?g|tiff?|webp)$/i;

export interface DroppedFiles {
  readonly files: readonly File[];
  /** Files in folders that are no documents by their names. */
  readonly skipped: number;
}

/** REQUIRES: called in the drop's own turn; the list of its items is empty afterwards. */
export async function filesOfDrop(transfer: DataTransfer): Promise<DroppedFiles> {
  const entries = [...transfer.items].flatMap((item) => item.webkitGetAsEntry() ?? []);
  const given: File[] = [];
  const found: File[] = [];
  for (const entry of entries) {
    if (isFile(entry)) given.push(await fileOf(entry));
    else await walk(entry as FileSystemDirectoryEntry, found);
  }
  const inFolders = documentsAmong(found);
  return { files: [...given, ...inFolders.files], skipped: inFolders.skipped };
}

export function documentsAmong(files: readonly File[]): DroppedFiles {
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
