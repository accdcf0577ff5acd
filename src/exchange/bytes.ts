/** Pieces of a body as one. Where only one of them holds anything it is returned, not copied. */
export function joinBytes(pieces: readonly Uint8Array[]): Uint8Array {
  const filled = pieces.filter(({ byteLength }) => byteLength > 0);
  if (filled.length === 1) return filled[0] as Uint8Array;
  let length = 0;
  for (const piece of filled) length += piece.byteLength;
  const whole = new Uint8Array(length);
  let offset = 0;
  for (const piece of filled) {
    whole.set(piece, offset);
    offset += piece.byteLength;
  }
  return whole;
}
