/** The administrator's part of the API: keys, plans, credits, queue, nodes and the trail of changes. */
import type { NodeList } from '../schema/node.js';
import type { Plan } from '../schema/plans.js';
import { api, type Credits } from './api.js';

export type Role = 'client' | 'admin';

export interface KeyEntry {
  readonly id: string;
  readonly name: string;
  readonly role: Role;
  readonly plan: Plan;
  readonly metered: boolean;
  readonly created_at: number;
  readonly revoked_at: number | null;
  readonly credits: Credits;
}

export interface NewKey {
  readonly name: string;
  readonly role: Role;
  readonly plan: Plan;
  /** Makes the key metered. */
  readonly credits?: number;
}

export interface Queue {
  readonly pending_pages: number;
  readonly processing_pages: number;
  readonly oldest_pending_at: number | null;
  readonly engine: {
    readonly ready: boolean;
    readonly restarts: number;
    readonly threads: number;
    readonly tasks: number;
    readonly resident_bytes: number;
  };
}

export interface AuditEntry {
  readonly at: number;
  readonly actor: string;
  readonly action: string;
  readonly key_id: string;
  readonly detail: Readonly<Record<string, string | number | boolean>>;
}

/** In the order of what they allow. */
export const PLANS: Record<Plan, string> = {
  free: 'Free: 10 an hour, 100 a day',
  starter: 'Starter: 100 a minute',
  professional: 'Professional: 500 a minute',
  business: 'Business: 2,000 a minute',
  unlimited: 'Unlimited',
};

export const PLAN_NAMES = Object.keys(PLANS) as Plan[];

export const admin = {
  keys: async () => (await api.get<{ keys: readonly KeyEntry[] }>('admin/keys')).keys,
  createKey: (key: NewKey) => api.post<KeyEntry & { readonly key: string }>('admin/keys', key),
  setPlan: (id: string, plan: Plan) => api.patch(`admin/keys/${id}`, { plan }),
  addCredits: (id: string, credits: number) => api.post<Credits>(`admin/keys/${id}/credits`, { credits }),
  revoke: (id: string) => api.remove(`admin/keys/${id}`),
  queue: () => api.get<Queue>('admin/queue'),
  nodes: () => api.get<NodeList>('admin/nodes'),
  audit: async () => (await api.get<{ entries: readonly AuditEntry[] }>('admin/audit?limit=50')).entries,
};
