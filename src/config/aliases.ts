/**
 * Environment names that other programs and older sidecars use for one of our settings.
 *
 * An alias is read after the setting's own `WEIR_…` name, which therefore wins. Names that belong
 * to another role are listed too, with the reason why the proxy leaves them alone.
 *
 * @module
 */

import { bracketHost, isHostname, isIpv6, parsePort } from './host.ts';
import { InvalidValueError } from './problem.ts';

/** Reads one variable; undefined when it is not set (an empty one counts as not set). */
export type EnvReader = (name: string) => string | undefined;

/** What an alias found: which variables spoke, and the text in the setting's own notation. */
export interface AliasValue {
  readonly name: string;
  readonly text: string;
  /** What the variable really holds, when that is another notation. */
  readonly written?: string;
}

export interface EnvAlias {
  /** The variables it reads. */
  readonly names: readonly string[];
  /** What differs from the setting's own notation; empty when nothing does. */
  readonly note: string;
  /** @throws AliasError */
  read(env: EnvReader): AliasValue | undefined;
}

/** A wrong value in an alias; `alias` names the variable to correct. */
export class AliasError extends InvalidValueError {
  readonly alias: string;
  readonly value: string;

  constructor(alias: string, value: string, message: string) {
    super(message);
    this.alias = alias;
    this.value = value;
  }
}

/** The same notation under another name. */
export function sameAs(name: string): EnvAlias {
  return {
    names: [name],
    note: '',
    read(env) {
      const text = env(name);
      return text === undefined ? undefined : { name, text };
    },
  };
}

/** A plain number of milliseconds, for a setting that is a duration. */
export function millisecondsIn(name: string): EnvAlias {
  return {
    names: [name],
    note: 'plain milliseconds',
    read(env) {
      const text = env(name);
      if (text === undefined) return undefined;
      if (!/^[0-9]{1,15}$/.test(text)) {
        throw new AliasError(name, text, 'must be a whole number of milliseconds, such as 30000');
      }
      return { name, text: `${Number(text)}ms`, written: text };
    },
  };
}

/** `HOST` and `PORT`, each optional, as one listen address. */
export function hostAndPort(defaultPort: number): EnvAlias {
  return {
    names: ['HOST', 'PORT'],
    note: `together; port ${defaultPort} without PORT, every interface without HOST`,
    read(env) {
      const host = env('HOST');
      const port = env('PORT');
      if (host === undefined && port === undefined) return undefined;
      if (port !== undefined && parsePort(port) === null) {
        throw new AliasError('PORT', port, 'must be a port from 0 to 65535');
      }
      if (host !== undefined && !isHostname(host) && !isIpv6(host)) {
        throw new AliasError('HOST', host, 'must be a host name or an IP address');
      }
      const name = host === undefined ? 'PORT' : port === undefined ? 'HOST' : 'HOST, PORT';
      return { name, text: `${bracketHost(host ?? '')}:${port ?? defaultPort}` };
    },
  };
}

/**
 * Variables of the sidecar beside an ordinary application and of the gateway. Their presence is
 * no mistake, for one pod template may serve several roles; the proxy does not read them.
 */
export const OTHER_ROLE_VARIABLES: ReadonlyMap<string, string> = new Map([
  [
    'SERVICE_PORT',
    'the port of an ordinary application that the tools role inspects; it speaks no MCP, so it is no target',
  ],
  ['PROMETHEUS_URL', 'queried by the tools role'],
  ['TOOLS_CONFIG', 'the tool definitions of the tools role'],
  ['DATABASE_URL', 'used by database tools of the tools role'],
  ['DATABASE_NAME', 'used by database tools of the tools role'],
  [
    'ADMIN_TOKEN_SECRET',
    'a credential that a tool of the tools role presents to an application, not one that guards weir',
  ],
  ['DISCOVERY_INTERVAL', 'how often the gateway role looks for servers'],
  ['CACHE_TTL', 'how long the gateway role keeps what it found'],
  ['ALLOWED_NAMESPACES', 'where the gateway role looks for servers'],
]);
