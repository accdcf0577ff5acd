/**
 * Where values come from.
 *
 * @module
 */

/** Environment variables, or the bindings of a Worker, of which only texts are settings. */
export type Environment = Readonly<Record<string, unknown>>;

/** Strongest first. */
export type SourceName = 'flag' | 'environment' | 'file' | 'default';

/** Where one value stands. */
export interface Origin {
  readonly source: SourceName;
  /** As the user knows it: `--tls-enabled`, `WEIR_TLS_ENABLED`, `weir.yaml:3`; empty for a default. */
  readonly name: string;
}

/** Which source a setting's value came from. */
export interface SettingOrigin extends Origin {
  /** Weaker sources that also had a value, strongest first. */
  readonly overrides: readonly Origin[];
}
