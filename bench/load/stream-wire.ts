/**
 * What the stream clients share: a GET or POST as bytes, written on a plain socket so that the
 * client costs little and no library decides when a chunk is seen.
 *
 * @module
 */

/** A request as it goes over the wire. */
export function requestBytes(method: string, path: string, host: string, body?: string): string {
  const fields = [
    `${method} ${path} HTTP/1.1`,
    `Host: ${host}`,
    'Accept: application/json, text/event-stream',
    'MCP-Protocol-Version: 2025-11-25',
  ];
  if (body !== undefined) {
    fields.push('Content-Type: application/json', `Content-Length: ${Buffer.byteLength(body)}`);
  }
  return `${fields.join('\r\n')}\r\n\r\n${body ?? ''}`;
}

/** Every number after `"at":` in the text, and what is left to be read with the next chunk. */
export function readTimes(text: string): { times: bigint[]; rest: string } {
  const end = text.lastIndexOf('\n\n');
  if (end === -1) return { times: [], rest: text };
  const whole = text.slice(0, end);
  const times = [...whole.matchAll(/"at":(\d+)/g)].map(([, at]) => BigInt(at as string));
  return { times, rest: text.slice(end + 2) };
}
