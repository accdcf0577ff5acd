/**
 * `npm start`: an MCP server, weir in front of it, and what to try next. Runs until Ctrl-C.
 *
 * The proxy is the very one `weir proxy` starts, and takes the same environment variables.
 *
 * @module
 */

import { resolveSettings } from '../../src/config/resolve.ts';
import { nodePlatform } from '../../src/runtime/node/platform.ts';
import { type RunningProxy, StartError } from '../../src/runtime/platform.ts';
import { createLogger } from '../../src/telemetry/log.ts';
import { type DemoServer, startDemoServer } from './server.ts';
import { whatToTry } from './what-to-try.ts';

/** A demo is for the machine it runs on: loopback, where the proxy itself listens everywhere. */
const DEFAULT_ADDRESSES = {
  WEIR_LISTEN_ADDR: '127.0.0.1:8080',
  WEIR_METRICS_ADDR: '127.0.0.1:9090',
};

async function startProxyFor(server: DemoServer): Promise<RunningProxy> {
  const { settings } = resolveSettings({
    flags: {
      values: new Map([['target-addr', [server.origin]]]),
      operands: [],
      problems: [],
    },
    env: { ...DEFAULT_ADDRESSES, ...nodePlatform.env },
  });
  const logger = createLogger({
    level: settings.logLevel,
    format: settings.logFormat === 'json' ? 'json' : 'text',
    write: (line) => nodePlatform.writeOut(`${line}\n`),
  });
  return nodePlatform.startProxy(settings, logger);
}

/** One line for people: what went wrong, and for a taken port what to do about it. */
function describeFailure(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  if (!(error instanceof StartError)) return message;
  return `${message} (choose other addresses with WEIR_LISTEN_ADDR and WEIR_METRICS_ADDR, e.g. WEIR_LISTEN_ADDR=127.0.0.1:8081 npm start)`;
}

function untilInterrupted(): Promise<void> {
  return new Promise((resolve) => {
    let stopping = false;
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      nodePlatform.onSignal(signal, () => {
        if (stopping) nodePlatform.exit(1);
        stopping = true;
        resolve();
      });
    }
  });
}

const interrupted = untilInterrupted();
const server = await startDemoServer();
try {
  const proxy = await startProxyFor(server);
  nodePlatform.writeOut(
    whatToTry(proxy.listenUrl.replace(/\/$/, ''), proxy.adminUrl.replace(/\/$/, '')),
  );
  await interrupted;
  await proxy.shutdown();
  await server.close();
  nodePlatform.exit(0);
} catch (error) {
  nodePlatform.writeErr(`${describeFailure(error)}\n`);
  await server.close();
  nodePlatform.exit(1);
}
