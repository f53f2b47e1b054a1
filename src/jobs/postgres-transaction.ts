/** One transaction on a connection of its own, which is given back whatever happens. */
import type pg from 'pg';

/** Statements within one transaction. */
export interface Transaction {
  /** Rows of a statement; `T` is what the statement selects. */
  rows<T extends object>(statement: string, values?: readonly unknown[]): Promise<T[]>;
}

/** `begin`: how it begins, as in `BEGIN`. All of `work` happens, or nothing. @throws the server's own errors */
export async function runTransaction<T>(
  pool: pg.Pool,
  begin: string,
  work: (transaction: Transaction) => Promise<T>,
): Promise<T> {
  const client = await pool.connect();
  // A connection that breaks says so to its statements, and once more by an event that must be heard.
  const onError = () => {};
  client.on('error', onError);
  let broken: Error | undefined;
  try {
    await client.query(begin);
    const result = await work({ rows: (statement, values) => rowsOf(client, statement, values) });
    await client.query('COMMIT');
    return result;
  } catch (error) {
    await client.query('ROLLBACK').catch((failure: Error) => {
      broken = failure;
    });
    throw error;
  } finally {
    client.off('error', onError);
    client.release(broken);
  }
}

export async function rowsOf<T extends object>(
  client: pg.Pool | pg.PoolClient,
  statement: string,
  values: readonly unknown[] = [],
): Promise<T[]> {
  return (await client.query<T & pg.QueryResultRow>(statement, [...values])).rows;
}
