/**
 * Writes many lines to the log of the runtime it runs on, and ends in the way its argument says.
 * What it tells its test goes to standard error.
 */

import type { Platform } from '../../src/runtime/platform.ts';

async function thisPlatform(): Promise<Platform> {
  if ('Deno' in globalThis) return (await import('../../src/runtime/deno.ts')).denoPlatform;
  if ('Bun' in globalThis) return (await import('../../src/runtime/bun.ts')).bunPlatform;
  return (await import('../../src/runtime/node/platform.ts')).nodePlatform;
}

const platform = await thisPlatform();
const [how = '', count = '0'] = platform.args;
const write = platform.openLog(
  (lines) => write(JSON.stringify({ dropped: lines }), true),
  platform.args.includes('shared'),
);
const padding = 'é'.repeat(100);

const line = (n: number): string => JSON.stringify({ n, padding });

/** A few hundred lines in a turn, as a proxy under load would write them. */
async function writeAll(): Promise<void> {
  for (let n = 0; n < Number(count); n++) {
    write(line(n), false);
    if (n % 250 === 249) await new Promise((resolve) => setTimeout(resolve));
  }
}

switch (how) {
  case 'exit':
    for (let n = 0; n < Number(count); n++) write(line(n), n % 50 === 0);
    platform.exit(0);
    break;
  case 'crash':
    for (let n = 0; n < Number(count); n++) write(line(n), false);
    throw new Error('crashed');
  case 'reject':
    for (let n = 0; n < Number(count); n++) write(line(n), false);
    void Promise.reject(new Error('crashed'));
    break;
  case 'flood':
    await writeAll();
    platform.writeErr('alive\n');
    // Until the reader has caught up, which it tells by closing standard input.
    await platform.readStdin();
    platform.exit(0);
    break;
}
