import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Setup, TlsFiles } from '../../bench/candidates/candidate.ts';
import { haproxyConfig } from '../../bench/candidates/haproxy.ts';
import { entrypointFlags, imageEnvironment } from '../../bench/candidates/image-flags.ts';
import { nginxProxyConfig } from '../../bench/candidates/nginx.ts';
import { runtimeLaunch } from '../../bench/candidates/runtime-launch.ts';
import { weirArguments } from '../../bench/candidates/weir.ts';
import { workerdConfig } from '../../bench/candidates/workerd.ts';
import { createPayloads } from '../../bench/payloads.ts';
import { sourceFiles } from '../../bench/release.ts';
import { findTool } from '../../bench/system/tools.ts';
import { answerUpstreamConfig } from '../../bench/upstreams/answer-upstream.ts';
import { NO_OPENSSL, TestAuthority } from '../fixtures/certificates.ts';
import { REPOSITORY } from '../fixtures/programs.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'weir-bench-test-'));
  mkdirSync(join(directory, 'temp'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

function setup(tls: TlsFiles | null = null): Setup {
  return {
    port: 21_001,
    adminPort: 21_002,
    target: '127.0.0.1:21003',
    directory,
    tls,
    heap: 'container',
    release: { ...sourceFiles(), goProxy: null },
  };
}

const TLS: TlsFiles = { certFile: '/c/tls.crt', keyFile: '/c/tls.key', pemFile: '/c/both.pem' };

/** Runs a program's own check of a configuration; resolves to what it complains about. */
function complaints(program: string, args: readonly string[]): string {
  const { status, stderr, stdout } = spawnSync(program, args, { encoding: 'utf8' });
  return status === 0 ? '' : `${stdout}${stderr}`;
}

function checkNginx(config: string): string {
  const file = join(directory, 'nginx.conf');
  writeFileSync(file, config);
  return complaints(findTool('nginx') as string, ['-t', '-p', directory, '-c', file]);
}

describe('nginxProxyConfig', () => {
  it('keeps upstream connections, buffers nothing, listens on loopback only', () => {
    const config = nginxProxyConfig(setup());
    expect(config).toContain('listen 127.0.0.1:21001 backlog');
    expect(config).toContain('server 127.0.0.1:21003;');
    expect(config).toMatch(/keepalive \d+;/);
    expect(config).toContain('proxy_buffering off;');
    expect(config).toContain('proxy_request_buffering off;');
    expect(config).not.toContain('ssl');
  });

  it('is accepted by nginx, with TLS too', (context) => {
    if (findTool('nginx') === null) return context.skip('nginx is not installed');
    if (NO_OPENSSL !== undefined) return context.skip(NO_OPENSSL);
    const authority = new TestAuthority();
    try {
      const tls = { ...authority.install(authority.issue()), pemFile: '' };
      expect(checkNginx(nginxProxyConfig(setup()))).toBe('');
      expect(checkNginx(nginxProxyConfig(setup(tls)))).toBe('');
    } finally {
      authority.remove();
    }
  });
});

describe('answerUpstreamConfig', () => {
  const { answers } = createPayloads({ largeBytes: 1000 });

  it('puts short answers into the configuration and leaves long ones to files', () => {
    const config = answerUpstreamConfig(directory, 21_001, '/answers', answers);
    expect(config).toContain('location = /mcp/call { return 200 ');
    expect(config).not.toContain('location = /mcp/tools-list-10k');
  });

  it('is accepted by nginx', (context) => {
    if (findTool('nginx') === null) return context.skip('nginx is not installed');
    expect(checkNginx(answerUpstreamConfig(directory, 21_001, '/answers', answers))).toBe('');
  });

  it('refuses an answer that nginx would read as something else', () => {
    const hostile = new Map([['schema', new TextEncoder().encode('{"$ref":1}')]]);
    expect(() => answerUpstreamConfig(directory, 21_001, '/answers', hostile)).toThrow('schema');
  });
});

describe('haproxyConfig', () => {
  it('is accepted by HAProxy', (context) => {
    const haproxy = findTool('haproxy');
    if (haproxy === null) return context.skip('haproxy is not installed');
    const file = join(directory, 'haproxy.cfg');
    writeFileSync(file, haproxyConfig(setup()));
    expect(complaints(haproxy, ['-c', '-f', file])).toBe('');
  });

  it('offers HTTP/2 on a TLS listener', () => {
    expect(haproxyConfig(setup(TLS))).toContain(
      'bind 127.0.0.1:21001 ssl crt /c/both.pem alpn h2,http/1.1',
    );
  });
});

describe('workerdConfig', () => {
  const worker = {
    ...{ port: 21_001, modulePath: 'x', compatibilityDate: '2026-10-01', compatibilityFlags: [] },
    ...{ vars: { NAME: 'a "b"' }, durableObjects: [{ binding: 'METRICS', className: 'M' }] },
  };

  it('declares bindings and sends every fetch to a fixed address when there is one', () => {
    const config = workerdConfig({ ...worker, outboundAddress: '127.0.0.1:21003' });
    expect(config).toContain('(name = "NAME", text = "a \\"b\\"")');
    expect(config).toContain('(name = "METRICS", durableObjectNamespace = "M")');
    expect(config).toContain('external = (address = "127.0.0.1:21003"');
  });

  it('lets fetch go where its URL says otherwise', () => {
    expect(workerdConfig({ ...worker, outboundAddress: null })).toContain('network = (allow =');
  });
});

describe('weirArguments', () => {
  it('is a real configuration: metrics served, log as chosen, loopback only', () => {
    expect(weirArguments(setup(), false)).toEqual([
      'proxy',
      '--target-addr=127.0.0.1:21003',
      '--listen-addr=127.0.0.1:21001',
      '--metrics-addr=127.0.0.1:21002',
      '--log-format=json',
      '--access-log=false',
    ]);
  });

  it('serves TLS from the files of the run', () => {
    expect(weirArguments(setup(TLS), true)).toEqual(
      expect.arrayContaining(['--access-log=true', '--tls-enabled', '--tls-cert-file=/c/tls.crt']),
    );
  });
});

describe('container flags', () => {
  it('are what stands between runtime and program in the ENTRYPOINT', () => {
    expect(
      entrypointFlags('FROM a\nENTRYPOINT ["/bin/node", "--a=1", "--b", "/x.js"]\nCMD []'),
    ).toEqual(['--a=1', '--b']);
  });

  it('are refused when the ENTRYPOINT cannot be read', () => {
    expect(() => entrypointFlags('FROM a\nENTRYPOINT node x.js')).toThrow('ENTRYPOINT');
  });

  it('come with the variables of the last stage only', () => {
    const dockerfile = 'FROM a AS build\nENV BUILD=1\n\nFROM b\nENV LIMIT=65536\nUSER 1\n';
    expect(imageEnvironment(dockerfile)).toEqual({ LIMIT: '65536' });
  });

  it('reach Node in the container heap; the tall one goes without the limit of the old generation', () => {
    const flags = entrypointFlags(readFileSync(`${REPOSITORY}/Dockerfile`, 'utf8'));
    expect(flags.length).toBeGreaterThan(0);
    expect(runtimeLaunch('node', 'x.js', ['a'], 'container').args).toEqual([...flags, 'x.js', 'a']);
    const young = flags.filter((flag) => !flag.includes('old-space'));
    expect(young.length).toBe(flags.length - 1);
    expect(runtimeLaunch('node', 'x.js', ['a'], 'tall').args).toEqual([...young, 'x.js', 'a']);
  });
});
