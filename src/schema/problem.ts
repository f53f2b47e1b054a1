/** RFC 9457 problem details: the body of every refused request. */
import { type Static, Type } from 'typebox';

export const Problem = Type.Object(
  {
    /** `urn:ocr-omega:error:<code>`; a name, not an address. */
    type: Type.String(),
    title: Type.String(),
    status: Type.Integer(),
    /** One sentence: what was expected and what came. */
    detail: Type.String(),
    /** Stable; see `errors.ts`. */
    code: Type.String(),
  },
  { additionalProperties: true, description: 'RFC 9457 problem details, served as application/problem+json.' },
);
export type Problem = Static<typeof Problem>;
