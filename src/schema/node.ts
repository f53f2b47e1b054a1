/** A process that serves or reads, as administrators see it. */
import { type Static, Type } from 'typebox';
import { oneOf } from './one-of.js';

export const NODE_ROLES = ['serve', 'worker'] as const;
export type NodeRole = (typeof NODE_ROLES)[number];

export const NodeView = Type.Object({
  id: Type.String({ description: 'New at each start of the process.' }),
  host: Type.String({ description: 'Name of its machine or container.' }),
  role: oneOf(NODE_ROLES),
  version: Type.String(),
  threads: Type.Integer({ description: 'Pages it reads at the same time; 0 for one that leaves them to others.' }),
  devices: Type.Array(Type.String(), { description: 'What its models run on.' }),
  started_at: Type.Integer({ description: 'Milliseconds since 1970.' }),
  seen_at: Type.Integer({ description: 'When it last said that it is there, in milliseconds since 1970.' }),
  pages_reading: Type.Integer({ description: 'Pages that it holds now.' }),
});
export type NodeView = Static<typeof NodeView>;

export const NodeList = Type.Object({
  shared: Type.Boolean({ description: 'Whether others can take part: jobs are in PostgreSQL.' }),
  nodes: Type.Array(NodeView, { description: 'The longest there first.' }),
});
export type NodeList = Static<typeof NodeList>;
