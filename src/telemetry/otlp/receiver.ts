/**
 * One signal's way to the collector: where it goes, as what, with which fields.
 *
 * @module
 */

import { DeliveryError } from '../../delivery/delivery-error.ts';
import { type DeliveryPorts, type DeliveryTarget, post } from '../../delivery/post.ts';
import type { ReadSecret } from '../../delivery/secret.ts';
import type { Encoder } from './encode.ts';
import { readPairs, splitMembers } from './pairs.ts';
import type { Resource } from './resource.ts';
import type { OtlpSettings, OtlpSignal } from './settings.ts';

export class OtlpReceiver<Items> {
  readonly #target: Omit<DeliveryTarget, 'headers'>;
  readonly #headers: readonly (readonly [string, string])[];
  readonly #headersFile: string | null;
  readonly #encoder: Encoder<Items>;
  readonly #resource: () => Promise<Resource>;
  readonly #ports: DeliveryPorts;

  /** @param resource asked for every request, for some runtimes can make it only then */
  constructor(
    settings: OtlpSettings,
    {
      signal,
      url,
      encoder,
      resource,
    }: {
      readonly signal: OtlpSignal;
      readonly url: string;
      readonly encoder: Encoder<Items>;
      readonly resource: () => Promise<Resource>;
    },
    ports: DeliveryPorts,
  ) {
    const own = settings[signal];
    this.#target = {
      name: `collector (${signal})`,
      url,
      contentType: encoder.contentType,
      timeoutMs: own.timeout ?? settings.timeout,
      compression: own.compression ?? settings.compression,
    };
    this.#headers = readPairs(own.headers ?? settings.headers);
    this.#headersFile = settings.headersFile;
    this.#encoder = encoder;
    this.#resource = resource;
    this.#ports = ports;
  }

  /**
   * Resolves to the number of items that the collector will never take.
   *
   * @throws {DeliveryError} when it took none
   */
  async send(items: Items, signal: AbortSignal): Promise<number> {
    const [resource, headers] = await Promise.all([
      this.#resource(),
      this.#readHeaders(this.#ports.readSecret),
    ]);
    const body = this.#encoder.encode(items, resource);
    const target = {
      ...this.#target,
      headers: headers.map(([name, value]) => ({ name, value })),
    };
    return this.#encoder.readRejected(await post(target, body, this.#ports, signal));
  }

  async #readHeaders(readSecret: ReadSecret): Promise<readonly (readonly [string, string])[]> {
    if (this.#headersFile === null) return this.#headers;
    try {
      const text = await readSecret({ file: this.#headersFile });
      return [...this.#headers, ...readPairs(splitMembers(text))];
    } catch {
      // What is in the file is nobody's business, and its path is configured.
      throw new DeliveryError('the file with the header fields cannot be read');
    }
  }
}
