/**
 * Header lists as they were on the wire: flat, in order, with their case.
 *
 * @module
 */

/** `[name, value, name, value, …]`, order and case as received; repeated names stay repeated. */
export type RawHeaders = readonly string[];

/** What weir itself reads of a request head. Values are as sent, repeated fields joined by `, `. */
export interface RequestFields {
  host: string | null;
  origin: string | null;
  connection: string | null;
  /** The request asks for another protocol (RFC 9110 §7.8). */
  upgrade: boolean;
  contentEncoding: string | null;
  /** Declared body length in bytes; null when absent or not a plain number. */
  contentLength: number | null;
  /** The body is framed by `Transfer-Encoding`. */
  chunked: boolean;
  protocolVersion: string | null;
  mcpMethod: string | null;
  mcpName: string | null;
  /** An `Mcp-Session-Id` was sent. Its value is never kept. */
  hasSession: boolean;
  /** A `Last-Event-ID` was sent. */
  resumes: boolean;
}

/** What weir reads of a response head. */
export interface ResponseFields {
  /** `type/subtype` in lower case without parameters, or null. */
  mediaType: string | null;
  contentEncoding: string | null;
  contentLength: number | null;
  connection: string | null;
}

/** Names that most heads consist of, as they are mostly spelled. */
const USUAL_NAMES: ReadonlyMap<string, string> = new Map(
  [
    'Host',
    'Connection',
    'User-Agent',
    'Accept',
    'Accept-Encoding',
    'Accept-Language',
    'Authorization',
    'Content-Type',
    'Content-Length',
    'Transfer-Encoding',
    'MCP-Protocol-Version',
    'Mcp-Protocol-Version',
    'Mcp-Method',
    'Mcp-Name',
    'Mcp-Session-Id',
    'Cache-Control',
    'Date',
    'Keep-Alive',
    'Server',
    'Vary',
  ].flatMap((name) => [
    [name, name.toLowerCase()],
    [name.toLowerCase(), name.toLowerCase()],
  ]),
);

/** The names of a list, in lower case: worked out once for all who go through it. */
export function lowerNames(headers: RawHeaders): readonly string[] {
  const names = new Array<string>(headers.length >> 1);
  for (let i = 0; i < names.length; i++) {
    const name = headers[2 * i] as string;
    names[i] = USUAL_NAMES.get(name) ?? name.toLowerCase();
  }
  return names;
}

const join = (seen: string | null, value: string): string =>
  seen === null ? value : `${seen}, ${value}`;

/** `Content-Length` as a number; anything but digits is null (RFC 9110 §8.6). */
function parseLength(value: string): number | null {
  const digits = value.length;
  if (digits === 0 || digits > 15) return null;
  let length = 0;
  for (let i = 0; i < digits; i++) {
    const digit = value.charCodeAt(i) - 0x30;
    if (digit < 0 || digit > 9) return null;
    length = length * 10 + digit;
  }
  return length;
}

/** Whether a `Connection` field says that this is the last message of its side (RFC 9112 §9.6). */
export function closesConnection(connection: string | null): boolean {
  if (connection === null || connection === 'keep-alive') return false;
  return connection.split(',').some((option) => option.trim().toLowerCase() === 'close');
}

/** Media type without its parameters (RFC 9110 §8.3.1). */
export function parseMediaType(contentType: string): string {
  const semicolon = contentType.indexOf(';');
  return (semicolon === -1 ? contentType : contentType.slice(0, semicolon)).trim().toLowerCase();
}

/** `application/json` and every `…+json` (RFC 6839 §3.1). */
export function isJsonMediaType(mediaType: string | null): boolean {
  return mediaType !== null && (mediaType === 'application/json' || mediaType.endsWith('+json'));
}

export function readRequestFields(
  headers: RawHeaders,
  names: readonly string[] = lowerNames(headers),
): RequestFields {
  const fields: RequestFields = {
    host: null,
    origin: null,
    connection: null,
    upgrade: false,
    contentEncoding: null,
    contentLength: null,
    chunked: false,
    protocolVersion: null,
    mcpMethod: null,
    mcpName: null,
    hasSession: false,
    resumes: false,
  };
  for (let i = 0; i < names.length; i++) {
    const value = headers[2 * i + 1] as string;
    switch (names[i]) {
      case 'host':
        fields.host = join(fields.host, value);
        break;
      case 'origin':
        fields.origin = join(fields.origin, value);
        break;
      case 'connection':
        fields.connection = join(fields.connection, value);
        break;
      case 'upgrade':
        fields.upgrade = true;
        break;
      case 'content-encoding':
        fields.contentEncoding = join(fields.contentEncoding, value);
        break;
      case 'content-length':
        fields.contentLength = parseLength(value);
        break;
      case 'transfer-encoding':
        fields.chunked = true;
        break;
      case 'mcp-protocol-version':
        fields.protocolVersion = join(fields.protocolVersion, value);
        break;
      case 'mcp-method':
        fields.mcpMethod = join(fields.mcpMethod, value);
        break;
      case 'mcp-name':
        fields.mcpName = join(fields.mcpName, value);
        break;
      case 'mcp-session-id':
        fields.hasSession = true;
        break;
      case 'last-event-id':
        fields.resumes = true;
        break;
    }
  }
  return fields;
}

export function readResponseFields(
  headers: RawHeaders,
  names: readonly string[] = lowerNames(headers),
): ResponseFields {
  const fields: ResponseFields = {
    mediaType: null,
    contentEncoding: null,
    contentLength: null,
    connection: null,
  };
  for (let i = 0; i < names.length; i++) {
    const value = headers[2 * i + 1] as string;
    switch (names[i]) {
      case 'content-type':
        fields.mediaType = parseMediaType(value);
        break;
      case 'content-encoding':
        fields.contentEncoding = join(fields.contentEncoding, value);
        break;
      case 'content-length':
        fields.contentLength = parseLength(value);
        break;
      case 'connection':
        fields.connection = join(fields.connection, value);
        break;
    }
  }
  return fields;
}

/** A `Content-Encoding` that changes the bytes; `identity` and an empty value do not. */
export function contentCoding(contentEncoding: string | null): string | null {
  if (contentEncoding === null) return null;
  const coding = contentEncoding.trim().toLowerCase();
  return coding === '' || coding === 'identity' ? null : coding;
}
