/**
 * Client certificates that the listener has verified.
 *
 * @module
 */

import type { ClientCertificate, GuardedExchange } from '../../exchange/guard.ts';
import { Glob } from '../glob.ts';
import {
  type Accepted,
  type AuthMethod,
  accept,
  knownPrincipal,
  type Outcome,
} from './accepted.ts';
import type { Presented } from './credentials.ts';
import { tryReadCommonName } from './distinguished-name.ts';
import type { CertificateClient, CertificateSettings } from './settings.ts';

const COMMON_NAME = 'CN=';

/** Certificates whose holder is remembered, by the object the listener hands out per connection. */
type Holders = WeakMap<ClientCertificate, Outcome>;

interface Matcher {
  readonly client: CertificateClient;
  readonly pattern: Glob;
  /** Null where the subject is what matched, and so differs from holder to holder. */
  readonly accepted: Accepted | null;
}

export class CertificateMethod implements AuthMethod {
  readonly #matchers: readonly Matcher[];
  readonly #holders: Holders = new WeakMap();

  /** @throws {TypeError} when a pattern is not understood */
  constructor(settings: CertificateSettings) {
    this.#matchers = settings.clients.map((client) => ({
      client,
      pattern: toGlob(client.match),
      accepted: client.subject === null ? null : acceptClient(client, client.subject),
    }));
  }

  authenticate(_presented: Presented, exchange: GuardedExchange): Outcome | null {
    const { certificate } = exchange.head;
    if (certificate === null) return null;
    let outcome = this.#holders.get(certificate);
    if (outcome === undefined) {
      outcome = this.#findHolder(certificate);
      this.#holders.set(certificate, outcome);
    }
    return outcome;
  }

  #findHolder({ subject, subjectAltNames }: ClientCertificate): Outcome {
    const commonName = tryReadCommonName(subject);
    const names = commonName === null ? [] : [COMMON_NAME + commonName];
    names.push(...subjectAltNames.filter(isAlternativeName));
    for (const { client, pattern, accepted } of this.#matchers) {
      const name = names.find((candidate) => pattern.matches(candidate));
      if (name === undefined) continue;
      return accepted ?? acceptClient(client, withoutType(name));
    }
    return 'unknown_certificate';
  }
}

/** Longest name that is compared. */
const MAX_NAME_CHARS = 1_024;

/** What comes as `CN=` was put there to be taken for the other; the rest must fit into one line. */
function isAlternativeName(name: string): boolean {
  return (
    !name.startsWith(COMMON_NAME) && name.length <= MAX_NAME_CHARS && /^[\x20-\x7e]+$/.test(name)
  );
}

/** What one `*` must not reach beyond, by the type of the name. */
const SEPARATORS: ReadonlyMap<string, string> = new Map([
  ['URI', '/'],
  ['DNS', '.'],
  ['email', '@'],
]);

function toGlob(match: string): Glob {
  const separator = SEPARATORS.get(match.slice(0, match.indexOf(':')));
  return new Glob(match, separator === undefined ? {} : { separator });
}

function acceptClient(client: CertificateClient, subject: string): Accepted {
  return accept(knownPrincipal('certificate', subject, client), client.match);
}

function withoutType(name: string): string {
  return name.startsWith(COMMON_NAME)
    ? name.slice(COMMON_NAME.length)
    : name.slice(name.indexOf(':') + 1);
}
