/** The server on its port. */
import type { AddressInfo } from 'node:net';
import { buildApp, type ServerParts } from './app.js';

export interface RunningServer {
  /** Where it listens, as in `http://127.0.0.1:8080`. */
  readonly url: string;
  /**
   * Takes no more requests, answers who waits for a job, and finishes what is under way; what is not done after
   * `graceMs` is cut off.
   */
  close(graceMs: number): Promise<void>;
}

export async function startServer(
  parts: ServerParts,
  address: { readonly host: string; readonly port: number },
): Promise<RunningServer> {
  const app = await buildApp(parts);
  await app.listen({ host: address.host, port: address.port });
  const { family, address: host, port } = app.server.address() as AddressInfo;
  return {
    url: `http://${family === 'IPv6' ? `[${host}]` : host}:${port}`,
    async close(graceMs) {
      const cut = setTimeout(() => app.server.closeAllConnections(), graceMs);
      await app.close();
      clearTimeout(cut);
    },
  };
}
