/**
 * Starts the published reference server as a process of its own.
 *
 * @module
 */

import { createServer } from 'node:net';
import { spawnProcess } from '../fixtures/process.ts';
import { programPath, REPOSITORY } from '../fixtures/programs.ts';
import { cleanEnvironment } from '../fixtures/weir-process.ts';

export interface EverythingServer {
  readonly origin: string;
  stop(): Promise<void>;
}

const PROGRAM = `${REPOSITORY}/node_modules/@modelcontextprotocol/server-everything/dist/index.js`;
/** The server does not say which port it got, so it is told one, which another may take first. */
const ATTEMPTS = 5;

/** @throws {Error} with the server's output when it does not come up. */
export async function startEverything(mode: 'streamableHttp' | 'sse'): Promise<EverythingServer> {
  for (let attempt = 1; ; attempt++) {
    const port = await freePort();
    const child = spawnProcess(programPath('node'), [PROGRAM, mode], {
      env: cleanEnvironment({ PORT: String(port) }),
    });
    try {
      await child.waitForLine((line) => line.includes(`on port ${port}`));
      return { origin: `http://127.0.0.1:${port}`, stop: () => child.stop() };
    } catch (error) {
      await child.stop(0);
      if (attempt === ATTEMPTS) throw error;
    }
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, () => {
      const address = server.address();
      server.close(() => {
        if (address === null || typeof address === 'string') reject(new Error('No port'));
        else resolve(address.port);
      });
    });
  });
}
