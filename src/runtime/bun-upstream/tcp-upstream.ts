/**
 * The upstream port on Bun over plain TCP, with connections of our own instead of `fetch`, which
 * does its work in another thread: waking it and being woken costs more than the proxy's own work.
 * It also reads ahead without bound, takes a reset for an end, and adds fields.
 *
 * @module
 */

import type { TargetAddress } from '../../config/address.ts';
import { SharedTimers, type Timer } from '../../roles/proxy/timers.ts';
import type { Upstream } from '../../roles/proxy/upstream.ts';
import type { BunNamespace } from '../bun-types.ts';
import { type ConnectionOwner, SOCKET_HANDLERS, UpstreamConnection } from './connection.ts';
import { UpstreamCall } from './upstream-call.ts';

declare const Bun: BunNamespace;

/**
 * An idle connection is given up after this, in milliseconds: before common servers close it
 * (Node's after 5 s), so that a request does not meet a connection just being closed.
 */
const IDLE_MS = 3000;

export interface TcpUpstream {
  readonly upstream: Upstream;
  /** Closes what is idle. */
  readonly close: () => void;
}

export function createTcpUpstream(target: TargetAddress): TcpUpstream {
  const connections = new Connections(target);
  return {
    upstream: (request) => {
      const call = new UpstreamCall(request, request.url.slice(target.origin.length));
      connections.send(call);
      return call.response;
    },
    close: () => connections.close(),
  };
}

class Connections implements ConnectionOwner {
  readonly #target: TargetAddress;
  readonly #timers = new SharedTimers();
  /** The last is the one used last: those that are needed no more are left to their timers. */
  readonly #idle: { readonly connection: UpstreamConnection; readonly timer: Timer }[] = [];
  #ending = false;

  constructor(target: TargetAddress) {
    this.#target = target;
  }

  send(call: UpstreamCall): void {
    const idle = this.#idle.pop();
    if (idle === undefined) {
      void this.#connect(call);
      return;
    }
    idle.timer.cancel();
    idle.connection.carry(call);
  }

  onIdle(connection: UpstreamConnection): void {
    if (this.#ending) connection.destroy();
    else {
      const timer = this.#timers.start(IDLE_MS, destroy, connection);
      this.#idle.push({ connection, timer });
    }
  }

  onClose(connection: UpstreamConnection): void {
    const index = this.#idle.findIndex((idle) => idle.connection === connection);
    if (index === -1) return;
    this.#idle[index]?.timer.cancel();
    this.#idle.splice(index, 1);
  }

  close(): void {
    this.#ending = true;
    for (const { connection } of [...this.#idle]) connection.destroy();
  }

  async #connect(call: UpstreamCall): Promise<void> {
    const connection = new UpstreamConnection(this);
    try {
      await Bun.connect({
        hostname: this.#target.host,
        port: this.#target.port,
        socket: SOCKET_HANDLERS,
        data: connection,
      });
    } catch (error) {
      call.fail(error);
      return;
    }
    connection.carry(call);
  }
}

const destroy = (connection: UpstreamConnection): void => connection.destroy();
