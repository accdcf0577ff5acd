/**
 * A `fetch` that remembers what a client really sent, so that tests can compare it with what weir
 * says it counted.
 *
 * @module
 */

import { Signal } from '../fixtures/wait.ts';

export interface SentRequest {
  httpMethod: string;
  lastEventId: string | null;
  /** JSON-RPC method of the body, or null. */
  rpcMethod: string | null;
}

export class Traffic {
  readonly sent: SentRequest[] = [];
  /** `tools/call` requests by tool name. */
  readonly toolCalls = new Map<string, number>();
  readonly #changed = new Signal();
  #openStreams = 0;

  /** Resolves once a GET was answered: the legacy server-to-client stream is there. */
  streamOpened(): Promise<void> {
    return this.#changed.until(() => this.#openStreams > 0, 'the GET stream to open');
  }

  readonly fetch = async (url: string | URL | Request, init?: RequestInit): Promise<Response> => {
    const request = this.#note(init);
    const response = await fetch(url, init);
    if (request.httpMethod === 'GET' && response.ok) {
      this.#openStreams++;
      this.#changed.notify();
    }
    return response;
  };

  #note(init: RequestInit | undefined): SentRequest {
    const body: unknown = typeof init?.body === 'string' ? JSON.parse(init.body) : null;
    const request: SentRequest = {
      httpMethod: init?.method ?? 'GET',
      lastEventId: new Headers(init?.headers).get('last-event-id'),
      rpcMethod: null,
    };
    this.sent.push(request);
    if (typeof body !== 'object' || body === null || !('method' in body)) return request;
    request.rpcMethod = String(body.method);
    if (request.rpcMethod === 'tools/call' && 'params' in body) {
      const { name } = body.params as { name: string };
      this.toolCalls.set(name, (this.toolCalls.get(name) ?? 0) + 1);
    }
    return request;
  }
}
