/**
 * Attributes as OpenTelemetry knows them: what a span, a log record or a resource says of itself.
 *
 * @module
 */

/** One value. Whole numbers are exported as integers, others as doubles. */
export type AttributeValue = string | number | boolean | readonly string[];

/** By name, in the order they are exported. Undefined and null leave an attribute out. */
export type Attributes = Readonly<Record<string, AttributeValue | null | undefined>>;
