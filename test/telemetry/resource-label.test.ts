import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toResourceLabel, toTargetLabel } from '../../src/telemetry/resource-label.ts';

describe('toResourceLabel', () => {
  it.each([
    ['file:///home/u/notes.md', 'file:///{path}', 'file', 'file:///home/u/notes.md'],
    ['file:///', 'file:///', 'file', 'file:///'],
    [
      'https://Host.example:8443/a/b',
      'https://host.example:8443/{path}',
      'https',
      'https://host.example:8443/a/b',
    ],
    ['HTTPS://h/a?token=s3cret#f', 'https://h/{path}', 'https', 'https://h/a'],
    ['https://user:s3cret@h/a', 'https://h/{path}', 'https', 'https://h/a'],
    ['https://u:s3cret@x@h/a', 'https://h/{path}', 'https', 'https://h/a'],
    ['https://user:s3cret\\@h/a', 'https://{host}/{path}', 'https', 'https://{host}\\@h/a'],
    [
      'https://[2001:db8::1]:80/a',
      'https://[2001:db8::1]:80/{path}',
      'https',
      'https://[2001:db8::1]:80/a',
    ],
    ['https://h?q=1', 'https://h', 'https', 'https://h'],
    ['demo://resource/static/1', 'demo://resource/{path}', 'demo', 'demo://resource/static/1'],
    ['urn:isbn:123?=x', 'urn:{path}', 'urn', 'urn:isbn:123'],
    ['postgres://h b/x', 'postgres://{host}/{path}', 'postgres', 'postgres://{host}/x'],
    ['no uri', '_other', '_other', '_other'],
    ['', '_other', '_other', '_other'],
    ['//h/a', '_other', '_other', '_other'],
    ['1a:b', '_other', '_other', '_other'],
  ])('%s', (uri, template, scheme, full) => {
    expect(toResourceLabel(uri, 'template')).toBe(template);
    expect(toResourceLabel(uri, 'scheme')).toBe(scheme);
    expect(toResourceLabel(uri, 'full')).toBe(full);
  });

  it('shows no query, fragment or user information in any mode, for any URI', () => {
    const part = fc.string({
      unit: fc.constantFrom('a', '.', '/', '@', ':', '%', '[', '\\', '\n'),
      maxLength: 8,
    });
    fc.assert(
      fc.property(part, part, fc.constantFrom('template', 'scheme', 'full'), (a, b, mode) => {
        for (const uri of [`x://h${a}?SECRET${b}`, `x://h${a}#SECRET${b}`, `x:${a}?SECRET`]) {
          expect(toResourceLabel(uri, mode)).not.toContain('SECRET');
        }
        expect(toResourceLabel(`https://u:SECRET@h/${b}`, mode)).not.toContain('SECRET');
      }),
      { numRuns: 200 },
    );
  });

  it('takes linear time on a long hostile URI', () => {
    const label = toResourceLabel(`https://${'@'.repeat(1_000_000)}`, 'template');
    expect(label).toBe('https://');
  });
});

describe('toTargetLabel', () => {
  it.each([
    ['localhost:3001', 'localhost:3001'],
    ['http://127.0.0.1:3001/mcp', 'http://127.0.0.1:3001'],
    ['https://user:s3cret@Host.example/token/s3cret?key=s3cret', 'https://host.example'],
    ['user:s3cret@host:80', 'host:80'],
    ['user:s3cret@host:80/x://y', 'host:80'],
    ['[::1]:3001', '[::1]:3001'],
    ['https://a b/', 'https://{host}'],
  ])('%s', (target, label) => {
    expect(toTargetLabel(target)).toBe(label);
  });
});
