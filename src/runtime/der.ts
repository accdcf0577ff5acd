/**
 * Reads DER, the form of certificates (X.690 §8), one value at a time.
 *
 * @module
 */

/** Tags as they stand in certificates (RFC 5280). */
export const TAG = {
  OID: 0x06,
  OCTET_STRING: 0x04,
  UTF8_STRING: 0x0c,
  PRINTABLE_STRING: 0x13,
  TELETEX_STRING: 0x14,
  IA5_STRING: 0x16,
  UTC_TIME: 0x17,
  GENERALIZED_TIME: 0x18,
  UNIVERSAL_STRING: 0x1c,
  BMP_STRING: 0x1e,
  SEQUENCE: 0x30,
  SET: 0x31,
  EXPLICIT_0: 0xa0,
  EXPLICIT_3: 0xa3,
} as const;

/** Bytes of one value, found inside a longer buffer. */
export interface DerValue {
  readonly tag: number;
  readonly start: number;
  readonly end: number;
}

/** @throws {RangeError} when the bytes end before the value does */
export function readDer(der: Uint8Array, offset: number): DerValue {
  const tag = byteAt(der, offset);
  const first = byteAt(der, offset + 1);
  let length = first;
  let start = offset + 2;
  if (first >= 0x80) {
    const count = first & 0x7f;
    length = 0;
    for (let i = 0; i < count; i++) length = length * 256 + byteAt(der, start + i);
    start += count;
  }
  const end = start + length;
  if (end > der.length) throw new RangeError('DER value ends after its buffer');
  return { tag, start, end };
}

/** The values inside of another. @throws {RangeError} when one reaches beyond it */
export function* readDerChildren(der: Uint8Array, parent: DerValue): Generator<DerValue> {
  for (let at = parent.start; at < parent.end; ) {
    const child = readDer(der, at);
    if (child.end > parent.end) throw new RangeError('DER value ends after the one around it');
    yield child;
    at = child.end;
  }
}

function byteAt(der: Uint8Array, offset: number): number {
  const byte = der[offset];
  if (byte === undefined) throw new RangeError('DER value ends after its buffer');
  return byte;
}
