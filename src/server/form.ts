/**
 * The form of a submission: one file, streamed to the disk while it arrives, and the options beside it.
 * The form is read to its end before anything is judged, so that a refusal reaches clients that send first and read
 * after; until then at most `maxUploadBytes` lie on the disk, and nothing once it is refused or the caller goes away.
 */
import type { MultipartFile, MultipartValue } from '@fastify/multipart';
import type { FastifyRequest } from 'fastify';
import { coerceStrings } from '../coerce.js';
import { OcrError } from '../errors.js';
import type { StoredUpload, Uploads } from '../jobs/uploads.js';
import { OcrOptions } from '../schema/options.js';
import { asMultipartError } from './http-errors.js';

/** Every option once, the file, and room for a few misspelled ones to be named. */
const MAX_FIELDS = 16;
/** Longest option value: page ranges and passwords are shorter. */
const MAX_FIELD_BYTES = 1024;
const MAX_FIELD_NAME_BYTES = 100;
/** Longest excerpt of a field name that a sentence repeats. */
const MAX_SHOWN_CHARACTERS = 40;

export interface Submission {
  readonly upload: StoredUpload;
  readonly options: OcrOptions;
}

/** The form as it comes in. */
interface Form {
  readonly uploads: StoredUpload[];
  readonly fields: Map<string, string>;
  readonly problems: OcrError[];
}

/** @throws OcrError request.*, file.missing, file.empty, file.too-large; nothing is left on the disk then. */
export async function readSubmission(
  request: FastifyRequest,
  uploads: Pick<Uploads, 'receive' | 'erase'>,
  maxUploadBytes: number,
): Promise<Submission> {
  const form: Form = { uploads: [], fields: new Map(), problems: [] };
  try {
    for await (const part of request.parts({ limits: formLimits(maxUploadBytes) })) {
      if (part.type === 'file') await takeFile(form, part, uploads, maxUploadBytes);
      else takeField(form, part);
    }
    return judge(form);
  } catch (error) {
    for (const upload of form.uploads) await uploads.erase(upload.name);
    throw asMultipartError(error);
  }
}

/** For the multipart plugin: it must tell of a file that is too large instead of throwing (`takeFile`). */
export function formLimits(maxUploadBytes: number) {
  return {
    files: 1,
    fields: MAX_FIELDS,
    parts: MAX_FIELDS + 1,
    fileSize: maxUploadBytes,
    fieldSize: MAX_FIELD_BYTES,
    fieldNameSize: MAX_FIELD_NAME_BYTES,
  };
}

async function takeFile(
  form: Form,
  part: MultipartFile,
  uploads: Pick<Uploads, 'receive'>,
  maxUploadBytes: number,
): Promise<void> {
  const name = nameOf(part);
  if (name !== 'file') {
    part.file.resume();
    form.problems.push(
      new OcrError('file.missing', `The document must come in the field "file", not in ${quote(name)}.`),
    );
    return;
  }
  const upload = await uploads.receive(part.file);
  form.uploads.push(upload);
  if (part.file.truncated) {
    form.problems.push(new OcrError('file.too-large', `The file is larger than the ${maxUploadBytes} bytes accepted.`));
  } else if (upload.bytes === 0) {
    form.problems.push(new OcrError('file.empty', 'The file has no bytes.'));
  }
}

function takeField(form: Form, part: MultipartValue): void {
  const name = nameOf(part);
  if (name === 'file') {
    form.problems.push(new OcrError('file.missing', 'The field "file" must be a file, a text came.'));
  } else if (part.valueTruncated || part.fieldnameTruncated) {
    form.problems.push(invalidOption(`Option ${quote(name)} is longer than the ${MAX_FIELD_BYTES} bytes accepted.`));
  } else if (form.fields.has(name)) {
    form.problems.push(invalidOption(`Option ${quote(name)} was given twice.`));
  }
  form.fields.set(name, typeof part.value === 'string' ? part.value : JSON.stringify(part.value));
}

/** A part may come without a name, whatever the type says. */
function nameOf(part: { readonly fieldname?: string }): string {
  return part.fieldname ?? '';
}

function judge({ problems, fields, uploads }: Form): Submission {
  if (problems[0] !== undefined) throw problems[0];
  const options = coerceStrings(OcrOptions, Object.fromEntries(fields), {
    code: 'request.option-invalid',
    noun: 'option',
  });
  const upload = uploads[0];
  if (upload === undefined) throw new OcrError('file.missing', 'The form must have a field "file" with the document.');
  return { upload, options };
}

function invalidOption(message: string): OcrError {
  return new OcrError('request.option-invalid', message);
}

function quote(name: string): string {
  return JSON.stringify(name.slice(0, MAX_SHOWN_CHARACTERS));
}
