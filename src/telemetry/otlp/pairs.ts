/**
 * Lists of `name=value` as OpenTelemetry's variables write them: percent-encoded, as members of a
 * W3C Baggage list (§3.2.1). Those of the configuration have been checked; those of a file have not.
 *
 * @module
 */

/** @throws {TypeError} with one line that shows nothing of the values */
export function readPairs(members: readonly string[]): [name: string, value: string][] {
  return members.map((member) => {
    const end = member.indexOf('=');
    const name = member.slice(0, Math.max(end, 0)).trim();
    if (name === '') throw new TypeError('expected name=value');
    try {
      return [name, decodeURIComponent(member.slice(end + 1).trim())];
    } catch {
      throw new TypeError(`the value of ${name} is not percent-encoded`);
    }
  });
}

/** Members that stand between commas or on lines of their own. */
export function splitMembers(text: string): string[] {
  return text
    .split(/[,\r\n]/)
    .map((member) => member.trim())
    .filter((member) => member !== '');
}
