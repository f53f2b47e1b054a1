/**
 * The tables of the SQLite store, as forward-only migrations counted by `user_version`. A released migration is never
 * edited; a change is a new one at the end.
 */

const INITIAL = `
  CREATE TABLE keys (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    secret_hash BLOB NOT NULL,
    role TEXT NOT NULL CHECK (role IN ('client', 'admin')),
    plan TEXT NOT NULL,
    metered INTEGER NOT NULL CHECK (metered IN (0, 1)),
    created_at INTEGER NOT NULL,
    revoked_at INTEGER
  ) STRICT, WITHOUT ROWID;

  -- What the ledger of a key adds up to; ledger.ts says how.
  CREATE TABLE balances (
    key_id TEXT PRIMARY KEY REFERENCES keys,
    granted INTEGER NOT NULL CHECK (granted >= 0),
    available INTEGER NOT NULL CHECK (available >= 0),
    reserved INTEGER NOT NULL CHECK (reserved >= 0),
    used INTEGER NOT NULL CHECK (used >= 0),
    CHECK (granted = available + reserved + used)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE jobs (
    -- In the order of acceptance, which no clock can disturb: the order of lists.
    no INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    key_id TEXT NOT NULL REFERENCES keys,
    status TEXT NOT NULL CHECK (status IN ('pending', 'processing', 'completed', 'failed', 'cancelled')),
    options TEXT NOT NULL,
    password TEXT,
    metered INTEGER NOT NULL CHECK (metered IN (0, 1)),
    upload_name TEXT NOT NULL UNIQUE,
    request_hash TEXT NOT NULL,
    idempotency_key TEXT,
    created_at INTEGER NOT NULL,
    ended_at INTEGER,
    page_count INTEGER NOT NULL,
    pages_read INTEGER NOT NULL DEFAULT 0,
    pages_failed INTEGER NOT NULL DEFAULT 0,
    credits_reserved INTEGER NOT NULL,
    credits_used INTEGER NOT NULL DEFAULT 0,
    results_erased INTEGER NOT NULL DEFAULT 0 CHECK (results_erased IN (0, 1)),
    error TEXT,
    -- Pages that wait to be claimed.
    pending_pages INTEGER NOT NULL CHECK (pending_pages >= 0),
    -- When the job was last served, counted in turns: the least is served next.
    turn INTEGER NOT NULL,
    CHECK (pages_read + pages_failed <= page_count),
    CHECK (credits_used <= credits_reserved),
    CHECK ((ended_at IS NULL) = (status IN ('pending', 'processing')))
  ) STRICT;
  CREATE UNIQUE INDEX jobs_by_idempotency_key ON jobs (key_id, idempotency_key) WHERE idempotency_key IS NOT NULL;
  CREATE INDEX jobs_by_key ON jobs (key_id, no);
  CREATE INDEX jobs_by_status ON jobs (key_id, status, no);
  CREATE INDEX jobs_by_turn ON jobs (key_id, turn) WHERE pending_pages > 0;
  CREATE INDEX jobs_waiting ON jobs (created_at) WHERE pending_pages > 0;
  CREATE INDEX jobs_with_results ON jobs (ended_at) WHERE results_erased = 0 AND ended_at IS NOT NULL;

  -- The turns of keys, as of jobs above. A row for each key that ever had a job.
  CREATE TABLE key_turns (
    key_id TEXT PRIMARY KEY REFERENCES keys,
    pending_pages INTEGER NOT NULL CHECK (pending_pages >= 0),
    turn INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX key_turns_waiting ON key_turns (turn) WHERE pending_pages > 0;

  CREATE TABLE pages (
    job_no INTEGER NOT NULL REFERENCES jobs,
    page_index INTEGER NOT NULL CHECK (page_index >= 0),
    status TEXT NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'processing', 'finished')),
    attempt INTEGER NOT NULL DEFAULT 0,
    reserved INTEGER NOT NULL CHECK (reserved >= 0),
    routing TEXT,
    PRIMARY KEY (job_no, page_index)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX pages_pending ON pages (job_no, page_index) WHERE status = 'pending';
  CREATE INDEX pages_processing ON pages (job_no, page_index) WHERE status = 'processing';

  CREATE TABLE results (
    id INTEGER PRIMARY KEY,
    job_no INTEGER NOT NULL REFERENCES jobs,
    page_index INTEGER NOT NULL,
    -- Deflated JSON of a Page.
    page BLOB,
    -- JSON of a SerializedError.
    error TEXT,
    CHECK ((page IS NULL) <> (error IS NULL))
  ) STRICT;
  CREATE UNIQUE INDEX results_by_page ON results (job_no, page_index);

  CREATE TABLE ledger (
    entry INTEGER PRIMARY KEY AUTOINCREMENT,
    key_id TEXT NOT NULL REFERENCES keys,
    kind TEXT NOT NULL CHECK (kind IN ('grant', 'reserve', 'charge', 'release')),
    credits INTEGER NOT NULL CHECK (credits > 0),
    metered INTEGER NOT NULL CHECK (metered IN (0, 1)),
    job_no INTEGER REFERENCES jobs,
    page_index INTEGER,
    at INTEGER NOT NULL,
    CHECK ((job_no IS NULL) = (kind = 'grant')),
    CHECK ((page_index IS NULL) = (kind IN ('grant', 'reserve')))
  ) STRICT;
  CREATE INDEX ledger_by_key ON ledger (key_id, entry);
  CREATE UNIQUE INDEX ledger_once_a_job ON ledger (job_no) WHERE kind = 'reserve';
  CREATE UNIQUE INDEX ledger_once_a_page ON ledger (job_no, page_index, kind) WHERE kind IN ('charge', 'release');
  CREATE TRIGGER ledger_no_update BEFORE UPDATE ON ledger BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
  CREATE TRIGGER ledger_no_delete BEFORE DELETE ON ledger BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;

  CREATE TABLE audit (
    entry INTEGER PRIMARY KEY AUTOINCREMENT,
    at INTEGER NOT NULL,
    actor TEXT NOT NULL,
    action TEXT NOT NULL,
    key_id TEXT NOT NULL REFERENCES keys,
    detail TEXT NOT NULL
  ) STRICT;
  CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END;
  CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END;

  CREATE TABLE rate_windows (
    key_id TEXT NOT NULL REFERENCES keys,
    window_ms INTEGER NOT NULL,
    started_at INTEGER NOT NULL,
    requests INTEGER NOT NULL,
    PRIMARY KEY (key_id, window_ms)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE pages_read (provider TEXT PRIMARY KEY, pages INTEGER NOT NULL) STRICT, WITHOUT ROWID;

  -- One row: the last turn given, and what probe() writes.
  CREATE TABLE state (id INTEGER PRIMARY KEY CHECK (id = 1), turn INTEGER NOT NULL, probe INTEGER NOT NULL) STRICT;
  INSERT INTO state VALUES (1, 0, 0);
`;

/** The tier is '' for pages that no model read, and for those that were counted before tiers were. */
const PAGES_READ_BY_TIER = `
  CREATE TABLE pages_read_by_tier (
    provider TEXT NOT NULL,
    tier TEXT NOT NULL,
    pages INTEGER NOT NULL,
    PRIMARY KEY (provider, tier)
  ) STRICT, WITHOUT ROWID;
  INSERT INTO pages_read_by_tier SELECT provider, '', pages FROM pages_read;
  DROP TABLE pages_read;
`;

/** A job that wants a searchable PDF ends when that is made; where it cannot be, the error says why. */
const SEARCHABLE_PDFS = `
  ALTER TABLE jobs ADD COLUMN pdf TEXT CHECK (pdf IN ('wanted', 'made'));
  ALTER TABLE jobs ADD COLUMN pdf_error TEXT;
  CREATE INDEX jobs_wanting_pdf ON jobs (no) WHERE pdf = 'wanted' AND ended_at IS NULL;
`;

export const MIGRATIONS: readonly string[] = [INITIAL, PAGES_READ_BY_TIER, SEARCHABLE_PDFS];
