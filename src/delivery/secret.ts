/**
 * Secrets of deliveries: where they are kept, and how a header field is given one.
 *
 * @module
 */

/** Where a secret is kept: never in the configuration itself. */
export type SecretSource = { readonly env: string } | { readonly file: string };

/** Reads a secret where it is kept, each time anew, so that it can be replaced. */
export type ReadSecret = (source: SecretSource) => Promise<string>;

/** A header field of deliveries: text as it is, or a secret. */
export type DeliveryField = { readonly name: string } & ({ readonly value: string } | SecretSource);
