/**
 * The primary process on Node: it accepts connections and hands them to workers, unread.
 *
 * Why not `node:cluster`: when a worker is killed while a connection is on its way to it, cluster
 * leaves that connection open and unanswered for ever, and it gives the port up when the last
 * worker ends. Here the connection goes to another worker, and the port stays taken.
 *
 * @module
 */

import { createServer, type Socket } from 'node:net';
import { parseListenAddress } from '../../../config/address.ts';
import type { ProxySettings } from '../../../config/settings.ts';
import { listenerUrl } from '../../listen-address.ts';
import type { RunningProxy } from '../../platform.ts';
import { type PrimaryPorts, runPrimary, type TakenPort } from '../../workers-pool/primary.ts';
import { bindServer } from '../listener.ts';
import { Balancer, type Seat } from './balancer.ts';
import { ChildWorker } from './child-worker.ts';

/** @throws {StartError} one line, whether it concerns the primary or a worker */
export function startCluster(
  settings: ProxySettings,
  workers: number,
  ports: PrimaryPorts,
): Promise<RunningProxy> {
  const balancer = new Balancer<Socket>((socket) => socket.destroy());
  const seats = new Map<ChildWorker, Seat>();
  return runPrimary(settings, {
    ...ports,
    workers,
    takePort: () => takePort(settings, balancer),
    host: {
      spawn: (events) => new ChildWorker(events),
      ready(worker) {
        const seat = balancer.join((socket) => worker.hand(socket));
        seats.set(worker, seat);
      },
      accepted: (worker) => seats.get(worker)?.accepted(),
      gone(worker) {
        seats.get(worker)?.leave();
        seats.delete(worker);
      },
    },
  });
}

async function takePort(settings: ProxySettings, balancer: Balancer<Socket>): Promise<TakenPort> {
  // What the HTTP server of a worker would ask of its own socket; nothing is read here.
  const server = createServer({ pauseOnConnect: true, noDelay: true }, (socket) => {
    socket.on('error', () => {});
    balancer.offer(socket);
  });
  const address = parseListenAddress(settings.listenAddr);
  const port = await bindServer(server, address, '--listen-addr');
  return {
    url: listenerUrl(address, port, settings.tls.enabled),
    settings,
    close() {
      server.close();
      balancer.close();
    },
  };
}
