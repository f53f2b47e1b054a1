/**
 * The tables of the PostgreSQL store, in the schema `omega`, as forward-only migrations. A released migration is never
 * edited; a change is a new one at the end.
 */

export interface Migration {
  readonly statements: string;
  /** Releases that do not know it may go on working beside it: it takes nothing away and requires nothing new. */
  readonly additive: boolean;
}

const INITIAL = `
  SET LOCAL search_path = omega;
  CREATE TABLE keys (
    id text PRIMARY KEY,
    name text NOT NULL,
    secret_hash bytea NOT NULL,
    role text NOT NULL CHECK (role IN ('client', 'admin')),
    plan text NOT NULL,
    metered boolean NOT NULL,
    created_at bigint NOT NULL,
    revoked_at bigint
  );

  -- What the ledger of a key adds up to; ledger.ts says how.
  CREATE TABLE balances (
    key_id text PRIMARY KEY REFERENCES keys,
    granted bigint NOT NULL CHECK (granted >= 0),
    available bigint NOT NULL CHECK (available >= 0),
    reserved bigint NOT NULL CHECK (reserved >= 0),
    used bigint NOT NULL CHECK (used >= 0),
    CHECK (granted = available + reserved + used)
  );

  CREATE TABLE jobs (
    -- In the order of acceptance, which no clock can disturb: the order of lists.
    no bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id text NOT NULL UNIQUE,
    key_id text NOT NULL REFERENCES keys,
    status text NOT NULL CHECK (status IN ('pending', 'processing', 'completed', 'failed', 'cancelled')),
    options text NOT NULL,
    password text,
    metered boolean NOT NULL,
    upload_name text NOT NULL UNIQUE,
    request_hash text NOT NULL,
    idempotency_key text,
    created_at bigint NOT NULL,
    ended_at bigint,
    page_count bigint NOT NULL,
    pages_read bigint NOT NULL DEFAULT 0,
    pages_failed bigint NOT NULL DEFAULT 0,
    credits_reserved bigint NOT NULL,
    credits_used bigint NOT NULL DEFAULT 0,
    results_erased boolean NOT NULL DEFAULT false,
    error text,
    -- Of a job that wants a searchable PDF; it ends when that is made, and the error says why it cannot be.
    pdf text CHECK (pdf IN ('wanted', 'made')),
    pdf_error text,
    -- The node that makes it.
    pdf_node text,
    -- Pages that wait to be claimed.
    pending_pages bigint NOT NULL CHECK (pending_pages >= 0),
    -- When the job was last served, counted in turns: the least is served next.
    turn bigint NOT NULL,
    CHECK (pages_read + pages_failed <= page_count),
    CHECK (credits_used <= credits_reserved),
    CHECK ((ended_at IS NULL) = (status IN ('pending', 'processing')))
  );
  CREATE UNIQUE INDEX jobs_by_idempotency_key ON jobs (key_id, idempotency_key) WHERE idempotency_key IS NOT NULL;
  CREATE INDEX jobs_by_key ON jobs (key_id, no);
  CREATE INDEX jobs_by_status ON jobs (key_id, status, no);
  CREATE INDEX jobs_by_turn ON jobs (key_id, turn) WHERE pending_pages > 0;
  CREATE INDEX jobs_waiting ON jobs (created_at) WHERE pending_pages > 0;
  CREATE INDEX jobs_wanting_pdf ON jobs (no) WHERE pdf = 'wanted' AND ended_at IS NULL;
  CREATE INDEX jobs_with_results ON jobs (ended_at) WHERE NOT results_erased AND ended_at IS NOT NULL;

  -- The turns of keys, as of jobs above. A row for each key that ever had a job.
  CREATE TABLE key_turns (
    key_id text PRIMARY KEY REFERENCES keys,
    pending_pages bigint NOT NULL CHECK (pending_pages >= 0),
    turn bigint NOT NULL
  );
  CREATE INDEX key_turns_waiting ON key_turns (turn) WHERE pending_pages > 0;

  CREATE TABLE pages (
    job_no bigint NOT NULL REFERENCES jobs,
    page_index int NOT NULL CHECK (page_index >= 0),
    status text NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'processing', 'finished')),
    attempt int NOT NULL DEFAULT 0,
    reserved bigint NOT NULL CHECK (reserved >= 0),
    routing text,
    -- The node that reads it.
    node text,
    PRIMARY KEY (job_no, page_index)
  );
  CREATE INDEX pages_pending ON pages (job_no, page_index) WHERE status = 'pending';
  CREATE INDEX pages_processing ON pages (job_no, page_index) WHERE status = 'processing';

  CREATE TABLE results (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    job_no bigint NOT NULL REFERENCES jobs,
    page_index int NOT NULL,
    -- Deflated JSON of a Page.
    page bytea,
    -- JSON of a SerializedError.
    error text,
    CHECK ((page IS NULL) <> (error IS NULL))
  );
  CREATE UNIQUE INDEX results_by_page ON results (job_no, page_index);

  CREATE TABLE ledger (
    entry bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    key_id text NOT NULL REFERENCES keys,
    kind text NOT NULL CHECK (kind IN ('grant', 'reserve', 'charge', 'release')),
    credits bigint NOT NULL CHECK (credits > 0),
    metered boolean NOT NULL,
    job_no bigint REFERENCES jobs,
    page_index int,
    at bigint NOT NULL,
    CHECK ((job_no IS NULL) = (kind = 'grant')),
    CHECK ((page_index IS NULL) = (kind IN ('grant', 'reserve')))
  );
  CREATE INDEX ledger_by_key ON ledger (key_id, entry);
  CREATE UNIQUE INDEX ledger_once_a_job ON ledger (job_no) WHERE kind = 'reserve';
  CREATE UNIQUE INDEX ledger_once_a_page ON ledger (job_no, page_index, kind) WHERE kind IN ('charge', 'release');
  CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION 'this table is append-only'; END $$;
  CREATE TRIGGER ledger_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger EXECUTE FUNCTION refuse_change();

  CREATE TABLE audit (
    entry bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at bigint NOT NULL,
    actor text NOT NULL,
    action text NOT NULL,
    key_id text NOT NULL REFERENCES keys,
    detail text NOT NULL
  );
  CREATE TRIGGER audit_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit EXECUTE FUNCTION refuse_change();

  CREATE TABLE rate_windows (
    key_id text NOT NULL REFERENCES keys,
    window_ms bigint NOT NULL,
    started_at bigint NOT NULL,
    requests bigint NOT NULL,
    PRIMARY KEY (key_id, window_ms)
  );

  -- In a few rows each, so that pages that end at the same time seldom wait for each other.
  CREATE TABLE pages_read_by_tier (
    provider text NOT NULL,
    tier text NOT NULL,
    slot int NOT NULL,
    pages bigint NOT NULL,
    PRIMARY KEY (provider, tier, slot)
  );

  CREATE SEQUENCE turns;

  CREATE TABLE probe (id int PRIMARY KEY CHECK (id = 1), writes bigint NOT NULL);
  INSERT INTO probe VALUES (1, 0);

  -- Processes at work. One that is not seen in time is gone, and what it held is handed out again.
  CREATE TABLE nodes (
    id text PRIMARY KEY,
    host text NOT NULL,
    role text NOT NULL CHECK (role IN ('serve', 'worker')),
    version text NOT NULL,
    threads int NOT NULL,
    started_at timestamptz NOT NULL DEFAULT now(),
    seen_at timestamptz NOT NULL DEFAULT now()
  );

  -- Uploads, and searchable PDFs, which have the names of the uploads that they were made of.
  CREATE TABLE files (
    kind text NOT NULL CHECK (kind IN ('upload', 'pdf')),
    name text NOT NULL,
    -- Null until all of it is there.
    bytes bigint,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (kind, name)
  );
  CREATE TABLE file_chunks (
    kind text NOT NULL,
    name text NOT NULL,
    chunk int NOT NULL,
    data bytea NOT NULL,
    PRIMARY KEY (kind, name, chunk),
    FOREIGN KEY (kind, name) REFERENCES files ON DELETE CASCADE
  );

  -- What is compressed already.
  ALTER TABLE results ALTER COLUMN page SET STORAGE EXTERNAL;
  ALTER TABLE file_chunks ALTER COLUMN data SET STORAGE EXTERNAL;
  -- Every page served leaves old versions of these rows behind, which a claim would have to step over.
  ALTER TABLE key_turns SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 500);
  ALTER TABLE jobs SET (autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 1000);

  -- Whose page is next; sqlite-queue.ts says how turns are taken. One transaction at a time chooses.
  CREATE FUNCTION claim_pages(how_many int, holder text)
    RETURNS TABLE (job_id text, key_id text, page_index int, attempt int, upload_name text, options text, password text)
    LANGUAGE plpgsql AS $$
  #variable_conflict use_column
  DECLARE
    served_key text;
    served jobs%ROWTYPE;
    new_turn bigint;
  BEGIN
    PERFORM pg_advisory_xact_lock(74002);
    FOR i IN 1..how_many LOOP
      SELECT key_turns.key_id INTO served_key FROM key_turns WHERE pending_pages > 0 ORDER BY turn LIMIT 1;
      EXIT WHEN NOT FOUND;
      new_turn := nextval('turns');
      UPDATE key_turns SET pending_pages = pending_pages - 1, turn = new_turn WHERE key_turns.key_id = served_key;
      SELECT * INTO STRICT served FROM jobs
        WHERE jobs.key_id = served_key AND pending_pages > 0 ORDER BY turn LIMIT 1;
      UPDATE jobs SET status = 'processing', pending_pages = pending_pages - 1, turn = new_turn
        WHERE no = served.no;
      RETURN QUERY
        UPDATE pages SET status = 'processing', attempt = pages.attempt + 1, node = holder
        WHERE job_no = served.no AND pages.page_index = (
          SELECT waiting.page_index FROM pages waiting
          WHERE waiting.job_no = served.no AND waiting.status = 'pending' ORDER BY waiting.page_index LIMIT 1)
        RETURNING served.id, served.key_id, pages.page_index, pages.attempt, served.upload_name, served.options,
          served.password;
    END LOOP;
  END $$;
`;

/** Pages that were lost with the node that read them; `postgres-losses.ts` says what becomes of them. */
const LOSSES = `
  SET LOCAL search_path = omega;
  -- It was told to stop: what it does not finish says nothing about the pages.
  ALTER TABLE nodes ADD COLUMN stopping boolean NOT NULL DEFAULT false;
  -- Nodes that went away while they read the page, and of which it is not known whether they died.
  ALTER TABLE pages ADD COLUMN lost_with text[] NOT NULL DEFAULT '{}';
  -- Nodes that died while they read it, and the hosts on which they did.
  ALTER TABLE pages ADD COLUMN deaths int NOT NULL DEFAULT 0;
  ALTER TABLE pages ADD COLUMN died_on text[] NOT NULL DEFAULT '{}';
  -- It was lost twice: a node that reads it reads nothing else meanwhile.
  ALTER TABLE pages ADD COLUMN suspect boolean NOT NULL DEFAULT false;
  CREATE INDEX pages_suspect ON pages (node) WHERE suspect AND status <> 'finished';
  CREATE INDEX pages_lost ON pages (job_no, page_index) WHERE lost_with <> '{}' AND status <> 'finished';

  -- As before, but that suspects are read alone: who holds a page is not given one, who holds one is given no page. So
  -- nodes finish what they have, and the first that is done takes the suspect whose turn it is. Deaths on one host alone
  -- count as one while others read: it may be the host that is to blame.
  DROP FUNCTION claim_pages(int, text);
  CREATE FUNCTION claim_pages(how_many int, holder text)
    RETURNS TABLE (job_id text, key_id text, page_index int, attempt int, upload_name text, options text,
      password text, deaths int)
    LANGUAGE plpgsql AS $$
  #variable_conflict use_column
  DECLARE
    served_key text;
    served jobs%ROWTYPE;
    next_page pages%ROWTYPE;
    new_turn bigint;
  BEGIN
    PERFORM pg_advisory_xact_lock(74002);
    IF EXISTS (SELECT FROM pages WHERE suspect AND status = 'processing' AND node = holder) THEN
      RETURN;
    END IF;
    FOR i IN 1..how_many LOOP
      SELECT key_turns.key_id INTO served_key FROM key_turns WHERE pending_pages > 0 ORDER BY turn LIMIT 1;
      EXIT WHEN NOT FOUND;
      SELECT * INTO STRICT served FROM jobs
        WHERE jobs.key_id = served_key AND pending_pages > 0 ORDER BY turn LIMIT 1;
      SELECT * INTO next_page FROM pages
        WHERE job_no = served.no AND status = 'pending' ORDER BY page_index LIMIT 1;
      EXIT WHEN next_page.suspect
        AND (i > 1 OR EXISTS (SELECT FROM pages WHERE status = 'processing' AND node = holder));
      new_turn := nextval('turns');
      UPDATE key_turns SET pending_pages = pending_pages - 1, turn = new_turn WHERE key_turns.key_id = served_key;
      UPDATE jobs SET status = 'processing', pending_pages = pending_pages - 1, turn = new_turn
        WHERE no = served.no;
      RETURN QUERY
        UPDATE pages SET status = 'processing', attempt = pages.attempt + 1, node = holder
        WHERE job_no = served.no AND pages.page_index = next_page.page_index
        RETURNING served.id, served.key_id, pages.page_index, pages.attempt, served.upload_name, served.options,
          served.password,
          CASE WHEN cardinality(pages.died_on) = 1
              AND EXISTS (SELECT FROM nodes WHERE threads > 0 AND host <> ALL (pages.died_on))
            THEN 1 ELSE pages.deaths END;
      EXIT WHEN next_page.suspect;
    END LOOP;
  END $$;
`;

const NODE_FIGURES = `
  SET LOCAL search_path = omega;
  ALTER TABLE nodes ADD COLUMN devices text[] NOT NULL DEFAULT '{}';
  -- Measured on the pages that it read, all its threads together.
  ALTER TABLE nodes ADD COLUMN seconds_per_page double precision;
`;

export const MIGRATIONS: readonly Migration[] = [
  { statements: INITIAL, additive: false },
  { statements: LOSSES, additive: true },
  { statements: NODE_FIGURES, additive: true },
];
