/**
 * Addresses around a listener, as people read them: its URL, its peers, why it could not start.
 *
 * @module
 */

import { formatListenAddress, type ListenAddress } from '../config/address.ts';

/** Base URL of a listener, with the port really taken. */
export function listenerUrl(asked: ListenAddress, port: number, secure: boolean): string {
  const host = asked.host === '' ? 'localhost' : asked.host;
  const authority = host.includes(':') ? `[${host}]` : host;
  return `${secure ? 'https' : 'http'}://${authority}:${port}`;
}

/** A peer's address without the IPv4-in-IPv6 notation of dual-stack sockets; null for none. */
export function plainAddress(address: string | undefined): string | null {
  if (address === undefined) return null;
  return address.startsWith('::ffff:') ? address.slice(7) : address;
}

/** One line for a StartError. `option` is the flag that names the address. */
export function describeBindError(error: unknown, asked: ListenAddress, option: string): string {
  const where = formatListenAddress(asked);
  const { code, message } = error as { code?: string; message?: string };
  switch (code) {
    case 'EADDRINUSE':
      return `cannot listen on ${where}: the port is in use; stop what uses it or choose another with ${option}`;
    case 'EACCES':
      return `cannot listen on ${where}: permission denied; choose a port from 1024 up with ${option}`;
    default:
      return `cannot listen on ${where}: ${code ?? firstLine(message)}; choose another address with ${option}`;
  }
}

function firstLine(text: string | undefined): string {
  return (text ?? 'unknown error').split('\n', 1)[0] as string;
}
