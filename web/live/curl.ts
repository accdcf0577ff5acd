/**
 * A captured request as a command line. What was masked becomes a variable of the shell, so that the
 * command can be shared and still be run.
 *
 * @module
 */

export interface CurlRequest {
  readonly verb: string;
  readonly scheme: 'http' | 'https';
  readonly path: string;
  /** `[name, value, …]` with secrets masked. */
  readonly headers: readonly string[];
  /** Null for none. */
  readonly body: string | null;
}

const MASK = '***';

/** Fields that curl sends itself, or that belong to the connection. */
const LEFT_OUT: ReadonlySet<string> = new Set([
  'host',
  'connection',
  'keep-alive',
  'content-length',
  'transfer-encoding',
  'accept-encoding',
  'te',
  'upgrade',
]);

export function toCurl({ verb, scheme, path, headers, body }: CurlRequest): string {
  let host = 'localhost:8080';
  const fields: string[] = [];
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i] as string;
    const value = headers[i + 1] as string;
    const lower = name.toLowerCase();
    if (lower === 'host') host = value;
    if (LEFT_OUT.has(lower) || !/^[\w!#$%&'*+.^`|~-]+$/.test(name)) continue;
    fields.push(`-H ${value === MASK ? placeholder(name) : quote(`${name}: ${value}`)}`);
  }
  const url = quote(`${scheme}://${host}${path}`);
  const parts = [`curl -sSN ${verb === 'POST' && body !== null ? '' : `-X ${quote(verb)} `}${url}`];
  parts.push(...fields);
  if (body !== null) parts.push(`--data-raw ${quote(body)}`);
  return parts.join(' \\\n  ');
}

/** `-H "Authorization: $AUTHORIZATION"`, where the name is letters, digits and hyphens. */
function placeholder(name: string): string {
  const variable = name
    .toUpperCase()
    .replace(/[^A-Z0-9]/g, '_')
    .replace(/^(?=\d)/, '_');
  return `${quote(`${name}: `)}"$${variable}"`;
}

/**
 * Nothing in single quotes means anything to a POSIX shell but the quote itself. Control characters
 * mean something to the terminal it is pasted into, and go.
 */
function quote(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  const plain = text.replace(/[\u0000-\u001f\u007f-\u009f]/g, ' ');
  return /^[\w.:/@%+=,-]+$/.test(plain) ? plain : `'${plain.replaceAll("'", "'\\''")}'`;
}
