/**
 * Numbers as JSON writes them, in decimal, although they were read as doubles.
 *
 * @module
 */

/** Whether a number can have been written in one way only, as far as its digits go. */
export function isExact(value: number): boolean {
  return Number.isInteger(value) ? Number.isSafeInteger(value) : Number.isFinite(value);
}

/** Whether 0.3 is a multiple of 0.1, which as doubles it is not. `divisor` is above 0. */
export function isMultipleOf(value: number, divisor: number): boolean {
  const dividend = toDecimal(value);
  const unit = toDecimal(divisor);
  const shift = BigInt(Math.abs(dividend.exponent - unit.exponent));
  return dividend.exponent >= unit.exponent
    ? (dividend.digits * 10n ** shift) % unit.digits === 0n
    : dividend.digits % (unit.digits * 10n ** shift) === 0n;
}

/** `digits` times ten to the power of `exponent`, which lies between -340 and 310. */
function toDecimal(value: number): { digits: bigint; exponent: number } {
  const [mantissa = '', power = '0'] = String(Math.abs(value)).split('e');
  const [whole = '', fraction = ''] = mantissa.split('.');
  return { digits: BigInt(whole + fraction), exponent: Number(power) - fraction.length };
}
