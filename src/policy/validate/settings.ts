/**
 * What can be set of validation, as the policy takes it.
 *
 * @module
 */

/** `report` writes down what `enforce` would refuse. */
export type ValidateMode = 'off' | 'report' | 'enforce';

/** Names of the checks: keys of the configuration, and the `rule` of decisions. */
export type CheckName =
  /** `Host` and `Origin` are among the allowed. */
  | 'origin'
  /** The HTTP method is among the allowed. */
  | 'httpMethod'
  /** A POST says that it is JSON. */
  | 'contentType'
  /** A POST accepts both JSON and event streams. */
  | 'accept'
  /** The syntax of session and event ids. */
  | 'session'
  /** The size of a body and of its messages. */
  | 'messageSize'
  /** The body is JSON-RPC that every parser reads alike. */
  | 'json'
  | 'duplicateKeys'
  /** Names and methods are well-formed Unicode. */
  | 'text'
  | 'depth'
  /** Batches exist in one revision only. */
  | 'batch'
  /** What does not exist in the modern era: GET, DELETE, responses from clients. */
  | 'era'
  /** Mirrored fields come only with versions that have them compared. */
  | 'headerTrust'
  /** Mirrored fields say what the body says. */
  | 'headerAgreement'
  /** `params._meta` of modern requests is complete. */
  | 'requiredMeta'
  | 'protocolVersion'
  | 'methods'
  /** `Mcp-Param-*` fields say what the arguments say. */
  | 'paramHeaders'
  /** Tool arguments obey the tool's `inputSchema`. */
  | 'arguments';

export interface ValidateSettings {
  /** For every check of the safe set; the others are asked for by name. */
  readonly mode: ValidateMode;
  /** Modes of single checks; these win. */
  readonly checks: Readonly<Partial<Record<CheckName, ValidateMode | undefined>>>;
  /** HTTP methods that may pass, in upper case. */
  readonly httpMethods: readonly string[];
  /** Protocol versions that may pass; null for all that weir knows. */
  readonly versions: readonly string[] | null;
  /** JSON-RPC methods that may pass; null for all that the era of the message names for clients. */
  readonly methods: readonly string[] | null;
  /** Longest body, and longest message of a decoded one, in bytes. */
  readonly maxMessageBytes: number;
  /** Deepest nesting of a message, which itself is level 1. */
  readonly maxDepth: number;
  /** What becomes of arguments that cannot be judged: no tool learned, or a schema out of reach. */
  readonly unjudged: 'refuse' | 'pass';
}
