import { describe, expect, it } from 'vitest';
import { negotiateFormat } from '../../src/telemetry/negotiate.ts';

const TEXT = 'text/plain; version=0.0.4; charset=utf-8';
const OPENMETRICS = 'application/openmetrics-text; version=1.0.0; charset=utf-8';

describe('negotiateFormat', () => {
  it.each<[string | null, string]>([
    [null, TEXT],
    ['', TEXT],
    ['*/*', TEXT],
    ['text/html', TEXT],
    ['text/plain', TEXT],
    ['application/openmetrics-text', OPENMETRICS],
    ['Application/OpenMetrics-Text; Version=1.0.0', OPENMETRICS],
    ['application/openmetrics-text; version="1.0.0"', OPENMETRICS],
    ['application/openmetrics-text; version=2.0.0', TEXT],
    ['application/openmetrics-text;q=0', TEXT],
    ['application/openmetrics-text;q=0.3, text/plain;q=0.4', TEXT],
    ['application/openmetrics-text;q=0.5, text/plain;q=0.4', OPENMETRICS],
    ['application/openmetrics-text;q=0.5, text/plain;q=0.5', TEXT],
    ['application/*;q=0.9, text/*;q=0.1', OPENMETRICS],
    ['application/openmetrics-text;q=0.1, application/*;q=1, text/plain;q=0.5', TEXT],
    ['application/openmetrics-text;q=banana, text/plain;q=0.1', TEXT],
    // Prometheus 2 and 3 as they ask.
    [
      'application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1',
      OPENMETRICS,
    ],
    [
      'application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2',
      OPENMETRICS,
    ],
    ['text/plain;version=0.0.4;q=1,*/*;q=0.1', TEXT],
    [`${'x/y,'.repeat(10_000)}application/openmetrics-text`, TEXT],
  ])('%s → %s', (accept, contentType) => {
    expect(negotiateFormat(accept).contentType).toBe(contentType);
  });

  it('renders what it announces', () => {
    expect(negotiateFormat('application/openmetrics-text').render([])).toBe('# EOF\n');
    expect(negotiateFormat(null).render([])).toBe('');
  });
});
