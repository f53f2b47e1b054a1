/**
 * Strings -> typed values by a TypeBox object schema: environment variables, form fields and query parameters; and the
 * same strictness for values that are typed already, as JavaScript callers give them.
 *
 * Strict: nothing unknown is dropped and nothing malformed is guessed at. What is refused is said in one sentence:
 * what was expected, what came, and which known name is meant when the given one is a near miss.
 */
import { distance } from 'fastest-levenshtein';
import { type Static, type TObject, type TSchema, Type } from 'typebox';
import { Value } from 'typebox/value';
import { type ErrorCode, OcrError } from './errors.js';

export interface CoerceContext {
  readonly code: ErrorCode;
  /** What one of the strings is called in sentences: `option`, `query parameter`, `variable`. */
  readonly noun: string;
}

/** How a value came: as a text that spells it, or as itself. */
type Given = 'text' | 'value';

/** Longest excerpt of a refused value that a sentence repeats. */
const MAX_SHOWN_CHARACTERS = 40;

/**
 * The known name that `name` most likely stands for. Half its letters may be wrong, three at most: "page" and "mdoe"
 * are near misses of "pages" and "mode", "format" is nobody's.
 */
export function nearestName(name: string, known: readonly string[]): string | undefined {
  const folded = name.toLowerCase();
  const ranked = known
    .map((candidate) => ({ candidate, edits: distance(folded, candidate.toLowerCase()) }))
    .sort((a, b) => a.edits - b.edits);
  const best = ranked[0];
  return best !== undefined && best.edits <= Math.min(3, Math.floor(name.length / 2)) ? best.candidate : undefined;
}

/** The sentence for a name that is not known. */
export function unknownName(noun: string, name: string, known: readonly string[]): string {
  const nearest = nearestName(name, known);
  if (nearest !== undefined) return `Misspelled ${noun} ${quote(name)} should be "${nearest}".`;
  const expected = known.length === 0 ? 'there is none here' : `expected one of ${known.join(', ')}`;
  return `Unknown ${noun} ${quote(name)}; ${expected}.`;
}

/**
 * Reads `strings` by `schema`; absent members take the schema's default.
 * @throws OcrError `context.code`
 */
export function coerceStrings<Schema extends TObject>(
  schema: Schema,
  strings: Readonly<Record<string, string>>,
  context: CoerceContext,
): Static<Schema> {
  const known = Object.keys(schema.properties);
  const values: Record<string, unknown> = {};
  for (const [name, text] of Object.entries(strings)) {
    const member = Object.hasOwn(schema.properties, name) ? schema.properties[name] : undefined;
    if (member === undefined) throw new OcrError(context.code, unknownName(context.noun, name, known));
    values[name] = coerceMember(name, text, member, context);
  }
  return withDefaults(schema, values, context);
}

/**
 * Checks `values` by `schema`; absent and undefined members take the schema's default.
 * @throws OcrError `context.code`
 */
export function checkValues<Schema extends TObject>(
  schema: Schema,
  values: Readonly<Record<string, unknown>>,
  context: CoerceContext,
): Static<Schema> {
  const known = Object.keys(schema.properties);
  const given = Object.entries(values).filter(([, value]) => value !== undefined);
  for (const [name, value] of given) {
    const member = Object.hasOwn(schema.properties, name) ? schema.properties[name] : undefined;
    if (member === undefined) throw new OcrError(context.code, unknownName(context.noun, name, known));
    if (!Value.Check(member, value)) {
      throw new OcrError(context.code, malformedValue(context.noun, name, member, value));
    }
  }
  return withDefaults(schema, Object.fromEntries(given), context);
}

function withDefaults<Schema extends TObject>(
  schema: Schema,
  values: Record<string, unknown>,
  context: CoerceContext,
): Static<Schema> {
  const complete = Value.Default(schema, values) as Record<string, unknown>;
  const missing = Object.keys(schema.properties).find(
    (name) => schema.required?.includes(name) && complete[name] === undefined,
  );
  if (missing !== undefined) throw new OcrError(context.code, `Missing ${context.noun} "${missing}".`);
  return complete as Static<Schema>;
}

function coerceMember(name: string, text: string, schema: TSchema, context: CoerceContext): unknown {
  const value = parse(text, schema);
  if (value !== undefined && Value.Check(schema, value)) return value;
  throw new OcrError(context.code, malformed(context.noun, name, schema, text, 'text'));
}

/** The sentence for a value that is not what `schema` says. */
export function malformedValue(noun: string, name: string, schema: TSchema, value: unknown): string {
  return malformed(noun, name, schema, value, 'value');
}

function malformed(noun: string, name: string, schema: TSchema, value: unknown, given: Given): string {
  const near = typeof value === 'string' ? hint(value, schema) : '';
  const shown =
    typeof value === 'string' ? quote(value) : (JSON.stringify(value)?.slice(0, MAX_SHOWN_CHARACTERS) ?? '');
  return `${capitalize(noun)} "${name}" must be ${describe(schema, given)}${near}, not ${shown}.`;
}

/** The value `text` spells, or undefined where it spells none of the schema's type. */
function parse(text: string, schema: TSchema): unknown {
  if (Type.IsBoolean(schema)) return text === 'true' ? true : text === 'false' ? false : undefined;
  if (Type.IsInteger(schema)) return /^-?\d{1,15}$/.test(text) ? Number(text) : undefined;
  if (Type.IsArray(schema)) return text.split(',').map((item) => item.trim());
  return text;
}

function describe(schema: TSchema, given: Given): string {
  if (Type.IsBoolean(schema)) return given === 'text' ? '"true" or "false"' : 'true or false';
  if (Type.IsInteger(schema)) return `a whole number${range(schema)}`;
  if (Type.IsArray(schema)) {
    return `${given === 'text' ? 'a list separated by commas' : 'an array of texts'}${pattern(schema.items)}`;
  }
  if (Type.IsUnion(schema)) return `one of ${literals(schema).join(', ')}`;
  return `a text${length(schema)}`;
}

function pattern(schema: TSchema & { readonly pattern?: string }): string {
  return schema.pattern === undefined ? '' : `, each item matching ${schema.pattern}`;
}

function range({ minimum, maximum }: TSchema & { readonly minimum?: number; readonly maximum?: number }): string {
  if (minimum !== undefined && maximum !== undefined) return ` from ${minimum} to ${maximum}`;
  if (minimum !== undefined) return ` of at least ${minimum}`;
  return maximum === undefined ? '' : ` of at most ${maximum}`;
}

function length({
  minLength,
  maxLength,
}: TSchema & { readonly minLength?: number; readonly maxLength?: number }): string {
  return minLength === undefined || maxLength === undefined ? '' : ` of ${minLength} to ${maxLength} characters`;
}

function literals(schema: TSchema): readonly string[] {
  const members = Type.IsUnion(schema) ? schema.anyOf : [];
  return members.flatMap((member) => (Type.IsLiteral(member) ? [String(member.const)] : []));
}

function hint(text: string, schema: TSchema): string {
  const nearest = nearestName(text, literals(schema));
  return nearest === undefined ? '' : ` (did you mean "${nearest}"?)`;
}

function quote(text: string): string {
  return JSON.stringify(text.length > MAX_SHOWN_CHARACTERS ? `${text.slice(0, MAX_SHOWN_CHARACTERS)}…` : text);
}

function capitalize(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
