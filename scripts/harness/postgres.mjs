/** A real PostgreSQL server in a temporary folder, on a free loopback port. Databases in it are cheap. */
import { execFileSync, spawnSync } from 'node:child_process';
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import pg from 'pg';

/** Where Debian's packages keep the programs of a server, which are not on the search path. */
const DEBIAN_FOLDER = '/usr/lib/postgresql';

/** The folder of initdb and pg_ctl; undefined where no server is installed. */
export function postgresPrograms() {
  const versions = existsSync(DEBIAN_FOLDER) ? readdirSync(DEBIAN_FOLDER) : [];
  const folders = [
    ...(process.env.PATH ?? '').split(':'),
    ...versions.map((version) => join(DEBIAN_FOLDER, version, 'bin')),
  ];
  return folders.find((folder) => existsSync(join(folder, 'initdb')) && existsSync(join(folder, 'pg_ctl')));
}

/**
 * `programs`: from `postgresPrograms`. `parent`: the folder that its own is made in.
 *
 * Resolves with `createDatabase()`, the address of a new, empty one; `dropDatabase(url)`; `stop()`, which erases all.
 */
export async function startPostgres(programs, parent) {
  const folder = mkdtempSync(join(parent, 'omega-postgres-'));
  const data = join(folder, 'data');
  const port = await freePort();
  // The server refuses to be run by root.
  const asNobody = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};
  if (asNobody.uid !== undefined) chownSync(folder, asNobody.uid, asNobody.gid);
  const run = (program, args) =>
    execFileSync(join(programs, program), args, { ...asNobody, cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] });
  run('initdb', ['-D', data, '-U', 'omega', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync']);
  const settings = `-p ${port} -k ${folder} -c listen_addresses=127.0.0.1 -c shared_buffers=32MB`;
  run('pg_ctl', ['-D', data, '-o', settings, '-l', join(folder, 'log'), '-w', 'start']);
  const urlOf = (database) => `postgres://omega@127.0.0.1:${port}/${database}`;
  const administer = async (statement) => {
    const client = new pg.Client(urlOf('postgres'));
    await client.connect();
    try {
      await client.query(statement);
    } finally {
      await client.end();
    }
  };
  let databases = 0;
  return {
    async createDatabase() {
      databases += 1;
      const name = `test_${process.pid}_${databases}`;
      await administer(`CREATE DATABASE ${name}`);
      return urlOf(name);
    },
    async dropDatabase(url) {
      await administer(`DROP DATABASE ${new URL(url).pathname.slice(1)} WITH (FORCE)`);
    },
    stop() {
      spawnSync(join(programs, 'pg_ctl'), ['-D', data, '-m', 'immediate', '-w', 'stop'], asNobody);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function freePort() {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject).listen(0, '127.0.0.1', () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
}
