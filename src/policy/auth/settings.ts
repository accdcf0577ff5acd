/**
 * What authentication is told: resolved, with durations in milliseconds and times in milliseconds
 * since the epoch. Holds digests and hashes, never a secret.
 *
 * @module
 */

/** What the proxy does about credentials. */
export type AuthMode =
  /** Nobody is asked; only for loopback listeners, or with `insecureNoAuth`. */
  | 'none'
  /** The server behind judges: credentials, challenges and metadata pass untouched. */
  | 'passthrough'
  /** One of `methods` must accept a credential of every request. */
  | 'required';

export interface AuthSettings {
  readonly mode: AuthMode;
  /** Mode `none` is meant, although others than this machine can connect. */
  readonly insecureNoAuth: boolean;
  /** In the order in which they are tried: the first that finds a credential of its kind decides. */
  readonly methods: readonly AuthMethodSettings[];
  /** Describes the proxy as an OAuth resource server; null when it is none. */
  readonly resource: ProtectedResourceSettings | null;
  /** What the proxy shows the server in place of what clients showed the proxy. */
  readonly upstream: UpstreamCredentialSettings | null;
}

export type AuthMethodSettings = ApiKeySettings | BasicSettings | JwtSettings | CertificateSettings;

/** What a known caller is called, and what it brings along. */
export interface Grants {
  readonly scopes: readonly string[];
  readonly roles: readonly string[];
}

export interface ApiKeySettings {
  readonly kind: 'api_key';
  /** Keys may also come as `Authorization: Bearer`, beside `X-API-Key`. */
  readonly bearer: boolean;
  /** A query parameter that may carry the key; null, as it should be, when none may. */
  readonly queryParameter: string | null;
  readonly clients: readonly ApiKeyClient[];
}

export interface ApiKeyClient extends Grants {
  readonly subject: string;
  /** Several, so that a new key can be handed out before the old one ends. */
  readonly keys: readonly ApiKeyDigest[];
}

export interface ApiKeyDigest {
  /** SHA-256 of the key, 64 lower-case hex digits. */
  readonly digest: string;
  /** From this moment the key is worth nothing; null for never. */
  readonly expiresAt: number | null;
  /** Tells the keys of a client apart in audit records. */
  readonly label: string | null;
}

export interface BasicSettings {
  readonly kind: 'basic';
  readonly users: readonly BasicUser[];
}

export interface BasicUser extends Grants {
  /** The user name, which must have no colon (RFC 7617 §2). */
  readonly subject: string;
  /** `pbkdf2-sha256$iterations$salt$hash`, see `password.ts`. */
  readonly passwordHash: string;
}

/** Signatures a public key can check. HMAC and `none` do not exist here. */
export type JwtAlgorithm =
  | 'RS256'
  | 'RS384'
  | 'RS512'
  | 'PS256'
  | 'PS384'
  | 'PS512'
  | 'ES256'
  | 'ES384'
  | 'ES512'
  | 'EdDSA';

/** Tokens of one issuer. */
export interface JwtSettings {
  readonly kind: 'jwt';
  /** `iss`, compared character by character. */
  readonly issuer: string;
  /** https, or http on a loopback host. */
  readonly jwksUrl: string;
  /** `aud` must name one of these. Empty means `resource.url`. */
  readonly audience: readonly string[];
  readonly algorithms: readonly JwtAlgorithm[];
  /** The header's `typ`, such as `at+jwt` (RFC 9068); null for any. */
  readonly tokenType: string | null;
  /** How far the clocks of issuer and proxy may be apart. */
  readonly clockSkewMs: number;
  /** Beyond `iss`, `aud` and `exp`, which every token must have. */
  readonly requiredClaims: readonly RequiredClaim[];
  /** Path of the claim that names the principal. */
  readonly subjectClaim: string;
  /** Paths of claims that hold scopes: a text with spaces between, or a list. */
  readonly scopeClaims: readonly string[];
  readonly roleClaims: readonly string[];
  /** Paths of claims that rules may use. */
  readonly exposedClaims: readonly string[];
  readonly jwks: JwksSettings;
}

/** A claim that must be there and, unless `anyOf` is empty, be or hold one of these values. */
export interface RequiredClaim {
  readonly path: string;
  readonly anyOf: readonly (string | number | boolean)[];
}

export interface JwksSettings {
  /** Keys older than this are fetched anew; meanwhile they still count. */
  readonly refreshMs: number;
  /** Keys older than this no longer count: without newer ones nobody passes. */
  readonly maxAgeMs: number;
  /** Least time between two fetches for the sake of a key id that is not known. */
  readonly minIntervalMs: number;
  /** Longest time one fetch may take, body included. */
  readonly timeoutMs: number;
}

export interface CertificateSettings {
  readonly kind: 'certificate';
  /** In order: the first that matches the certificate names its holder. */
  readonly clients: readonly CertificateClient[];
}

export interface CertificateClient extends Grants {
  /**
   * `CN=name`, or a subject alternative name (`URI:…`, `DNS:…`, `email:…`, `IP:…`), as a glob: `*`
   * stops at `/` in a URI, at `.` in a DNS name and at `@` in an address, `**` stops nowhere.
   */
  readonly match: string;
  /** Null takes what matched, without its type. */
  readonly subject: string | null;
}

/** RFC 9728 §2. */
export interface ProtectedResourceSettings {
  /** The resource identifier: the URL clients connect to. */
  readonly url: string;
  /** Empty means the issuers of the `jwt` methods. */
  readonly authorizationServers: readonly string[];
  /** What a client without a token is told to ask for. */
  readonly scopes: readonly string[];
  /** What there is to ask for. Empty means `scopes`. */
  readonly scopesSupported: readonly string[];
  /** A name for people; null for none. */
  readonly name: string | null;
}

export interface UpstreamCredentialSettings {
  /** Name of the field. */
  readonly header: string;
  /** What stands before the secret (`Bearer`), or null for the secret alone. */
  readonly scheme: string | null;
  /** Environment variable that holds the secret; null when `file` does. */
  readonly env: string | null;
  /** File that holds the secret, read again when it changes; null when `env` does. */
  readonly file: string | null;
}
