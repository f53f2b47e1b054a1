import { type TUnsafe, Type } from 'typebox';

/** One of the names, as a union of literals: `Type.Union` alone knows the type of a tuple, not of a mapped list. */
export function oneOf<const Name extends string>(
  names: readonly Name[],
  options: { readonly default?: Name; readonly description?: string } = {},
): TUnsafe<Name> {
  return Type.Unsafe<Name>(
    Type.Union(
      names.map((name) => Type.Literal(name)),
      options,
    ),
  );
}
