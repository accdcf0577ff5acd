/** Proves that each control of the table bites, so that a clean manifest means something. */

import { describe, expect, it } from 'vitest';
import { CONTROLS, violations } from './pod-security.ts';

type Fields = Record<string, unknown>;

function goodContainer(): Fields {
  return {
    name: 'c',
    securityContext: {
      runAsNonRoot: true,
      allowPrivilegeEscalation: false,
      capabilities: { drop: ['ALL'] },
      seccompProfile: { type: 'RuntimeDefault' },
    },
  };
}

function container(change: Fields): Fields {
  return { ...goodContainer(), ...change };
}

function secured(change: Fields): Fields {
  return container({
    securityContext: { ...(goodContainer().securityContext as Fields), ...change },
  });
}

function pod(change: Fields): Fields {
  return { containers: [goodContainer()], ...change };
}

/** For each control, a pod that breaks it and nothing else. */
const OFFENDERS: Record<string, Fields> = {
  HostProcess: pod({ securityContext: { windowsOptions: { hostProcess: true } } }),
  'Host namespaces': pod({ hostNetwork: true }),
  'Privileged containers': pod({ containers: [secured({ privileged: true })] }),
  'Host ports': pod({ containers: [container({ ports: [{ containerPort: 1, hostPort: 80 }] })] }),
  'Host probes and lifecycle hooks': pod({
    containers: [container({ livenessProbe: { httpGet: { host: '10.0.0.1' } } })],
  }),
  AppArmor: pod({ containers: [secured({ appArmorProfile: { type: 'Unconfined' } })] }),
  'SELinux type': pod({ securityContext: { seLinuxOptions: { type: 'spc_t' } } }),
  'SELinux user and role': pod({ containers: [secured({ seLinuxOptions: { user: 'root' } })] }),
  '/proc mount type': pod({ containers: [secured({ procMount: 'Unmasked' })] }),
  Sysctls: pod({ securityContext: { sysctls: [{ name: 'kernel.msgmax', value: '1' }] } }),
  'Volume types': pod({ volumes: [{ name: 'host', hostPath: { path: '/' } }] }),
  'Privilege escalation': pod({ containers: [secured({ allowPrivilegeEscalation: undefined })] }),
  'Running as non-root': pod({ initContainers: [secured({ runAsNonRoot: undefined })] }),
  'Running as non-root user': pod({ containers: [secured({ runAsUser: 0 })] }),
  Seccomp: pod({ containers: [secured({ seccompProfile: undefined })] }),
  'Dropped capabilities': pod({ containers: [secured({ capabilities: { drop: ['NET_RAW'] } })] }),
  'Added capabilities': pod({
    ephemeralContainers: [secured({ capabilities: { drop: ['ALL'], add: ['SYS_ADMIN'] } })],
  }),
};

describe('violations', () => {
  it('is empty for a pod that obeys', () => {
    expect(violations(pod({ volumes: [{ name: 'tmp', emptyDir: {} }] }))).toEqual([]);
  });

  it('has an offender for every control', () => {
    expect(Object.keys(OFFENDERS).sort()).toEqual(CONTROLS.map(({ control }) => control).sort());
  });

  it.each(Object.entries(OFFENDERS))('%s is caught, and nothing else', (control, offender) => {
    const found = violations(offender);
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(`${control}: `);
  });

  it('accepts a pod-wide value where a container says nothing', () => {
    const inherits = secured({ runAsNonRoot: undefined, seccompProfile: undefined });
    const securityContext = { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } };
    expect(violations(pod({ containers: [inherits], securityContext }))).toEqual([]);
  });

  it('does not let a pod-wide value excuse a container that says otherwise', () => {
    const offender = pod({
      containers: [secured({ runAsNonRoot: false })],
      securityContext: { runAsNonRoot: true },
    });
    expect(violations(offender)).toEqual([
      'Running as non-root: containers.0.securityContext.runAsNonRoot = false',
    ]);
  });
});
