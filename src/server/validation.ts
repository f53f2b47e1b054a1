/** Request parts against their TypeBox schemas: strict, with one sentence and a hint for what is refused. */
import type { FastifySchemaCompiler } from 'fastify';
import type { TObject, TSchema } from 'typebox';
import { Compile } from 'typebox/compile';
import { Value } from 'typebox/value';
import { coerceStrings, malformedValue, unknownName } from '../coerce.js';
import { OcrError } from '../errors.js';

type Validator = (value: unknown) => { value: unknown } | { error: Error };

/** REQUIRES: query and body schemas are objects. Paths are the router's, headers are read where they are used. */
export const strictValidator: FastifySchemaCompiler<TSchema> = ({ schema, httpPart }) => {
  if (httpPart === 'querystring') return attempt((value) => readQuery(schema as TObject, value));
  if (httpPart === 'body') return attempt(bodyReader(schema as TObject));
  return (value) => ({ value });
};

function attempt(read: (value: unknown) => unknown): Validator {
  return (value) => {
    try {
      return { value: read(value) };
    } catch (error) {
      return { error: error as Error };
    }
  };
}

function readQuery(schema: TObject, query: unknown): unknown {
  const strings = query as Readonly<Record<string, string | string[]>>;
  const repeated = Object.keys(strings).find((name) => Array.isArray(strings[name]));
  if (repeated !== undefined) throw new OcrError('request.invalid', `Query parameter "${repeated}" was given twice.`);
  return coerceStrings(schema, strings as Record<string, string>, { code: 'request.invalid', noun: 'query parameter' });
}

function bodyRefusal(schema: TObject, body: unknown): string {
  const { properties } = schema;
  const required: readonly string[] = schema.required ?? [];
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return 'The body must be a JSON object.';
  const members = new Map(Object.entries(body));
  const missing = required.find((name) => !members.has(name));
  if (missing !== undefined) return `Missing member "${missing}".`;
  const [name, member] = Object.entries(properties).find(
    ([known, expected]) => members.has(known) && !Value.Check(expected, members.get(known)),
  ) as [string, TSchema];
  return malformedValue('member', name, member, members.get(name));
}

function bodyReader(schema: TObject): (body: unknown) => unknown {
  const compiled = Compile(schema);
  const known = Object.keys(schema.properties);
  return (body) => {
    if (compiled.Check(body)) return body;
    const unknown = Object.keys(Object(body)).find((name) => !known.includes(name));
    if (unknown !== undefined) throw new OcrError('request.invalid', unknownName('member', unknown, known));
    throw new OcrError('request.invalid', bodyRefusal(schema, body));
  };
}
