/** How many steps of a stair an input climbs: each asks for one byte more than the one before. */
export function climb(input: Uint8Array): number {
  if (input[0] !== 0x77) return 0;
  if (input[1] !== 0xe5) return 1;
  if (input[2] !== 0x1d) return 2;
  if (input[3] !== 0x92) return 3;
  return 4;
}
