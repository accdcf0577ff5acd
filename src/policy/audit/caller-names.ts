/**
 * How a caller appears in records: plainly, under a pseudonym, or not at all.
 *
 * @module
 */

import type { Principal } from '../../exchange/guard.ts';
import { type Pseudonyms, userRealm } from '../../redact/pseudonyms.ts';
import type { AuditRecord } from './record.ts';
import type { IdentityDetail } from './settings.ts';

export type CallerParts = Pick<
  AuditRecord,
  'client' | 'clientKind' | 'clientIssuer' | 'clientAddress'
>;

export class CallerNames {
  readonly #client: IdentityDetail;
  readonly #address: IdentityDetail;
  readonly #pseudonyms: Pseudonyms | null;

  /** @param pseudonyms null leaves out what should be hashed */
  constructor(client: IdentityDetail, address: IdentityDetail, pseudonyms: Pseudonyms | null) {
    this.#client = client;
    this.#address = address;
    this.#pseudonyms = pseudonyms;
  }

  /** At once, unless a pseudonym has to be worked out. */
  of(principal: Principal | null, address: string | null): CallerParts | Promise<CallerParts> {
    const client = this.#clientOf(principal);
    const clientAddress = this.#show(this.#address, address, 'address');
    if (client instanceof Promise || clientAddress instanceof Promise) {
      return Promise.all([client, clientAddress]).then(([name, place]) =>
        assemble(principal, name, place),
      );
    }
    return assemble(principal, client, clientAddress);
  }

  #clientOf(principal: Principal | null): string | null | Promise<string> {
    if (principal === null || principal.kind === 'anonymous') return null;
    return this.#show(this.#client, principal.subject, userRealm(principal));
  }

  #show(
    detail: IdentityDetail,
    text: string | null,
    realm: string,
  ): string | null | Promise<string> {
    if (text === null || detail === 'off') return null;
    if (detail === 'plain') return text;
    return this.#pseudonyms?.of(`${realm}\0${text}`) ?? null;
  }
}

function assemble(
  principal: Principal | null,
  client: string | null,
  clientAddress: string | null,
): CallerParts {
  return {
    client,
    clientKind: principal?.kind ?? null,
    clientIssuer: principal?.issuer ?? null,
    clientAddress,
  };
}
