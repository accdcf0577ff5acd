/**
 * The Pod Security Standards as data: every control of the `baseline` and `restricted` levels, with
 * the fields it looks at and the values it allows. `violations` reads a pod spec against them.
 *
 * Source: https://kubernetes.io/docs/concepts/security/pod-security-standards/
 *
 * @module
 */

export interface PodSecurityControl {
  readonly control: string;
  readonly level: 'baseline' | 'restricted';
  /**
   * Paths into the pod spec. `*` stands for every element of a list, a leading `containers` for
   * init, ordinary and ephemeral containers alike.
   */
  readonly fields: readonly string[];
  /** Path of the pod-wide value that holds where a container says nothing. */
  readonly inherits?: string;
  /** Judges one value; `undefined` stands for a field that is not set. */
  readonly allows: (value: unknown) => boolean;
}

const unset = (value: unknown): boolean => value === undefined || value === null;
const unsetOrFalse = (value: unknown): boolean => unset(value) || value === false;
const oneOf =
  (...allowed: readonly unknown[]) =>
  (value: unknown): boolean =>
    allowed.includes(value);
const onlyFrom =
  (...allowed: readonly string[]) =>
  (value: unknown): boolean =>
    unset(value) || (Array.isArray(value) && value.every((entry) => allowed.includes(entry)));

const SAFE_SYSCTLS: readonly string[] = [
  'kernel.shm_rmid_forced',
  'net.ipv4.ip_local_port_range',
  'net.ipv4.ip_unprivileged_port_start',
  'net.ipv4.tcp_syncookies',
  'net.ipv4.ping_group_range',
  'net.ipv4.ip_local_reserved_ports',
  'net.ipv4.tcp_keepalive_time',
  'net.ipv4.tcp_fin_timeout',
  'net.ipv4.tcp_keepalive_intvl',
  'net.ipv4.tcp_keepalive_probes',
];

const VOLUME_TYPES: readonly string[] = [
  'configMap',
  'csi',
  'downwardAPI',
  'emptyDir',
  'ephemeral',
  'persistentVolumeClaim',
  'projected',
  'secret',
];

export const CONTROLS: readonly PodSecurityControl[] = [
  {
    control: 'HostProcess',
    level: 'baseline',
    fields: [
      'securityContext.windowsOptions.hostProcess',
      'containers.*.securityContext.windowsOptions.hostProcess',
    ],
    allows: unsetOrFalse,
  },
  {
    control: 'Host namespaces',
    level: 'baseline',
    fields: ['hostNetwork', 'hostPID', 'hostIPC'],
    allows: unsetOrFalse,
  },
  {
    control: 'Privileged containers',
    level: 'baseline',
    fields: ['containers.*.securityContext.privileged'],
    allows: unsetOrFalse,
  },
  {
    control: 'Host ports',
    level: 'baseline',
    fields: ['containers.*.ports.*.hostPort'],
    allows: (value) => unset(value) || value === 0,
  },
  {
    control: 'Host probes and lifecycle hooks',
    level: 'baseline',
    fields: [
      'startupProbe',
      'readinessProbe',
      'livenessProbe',
      'lifecycle.postStart',
      'lifecycle.preStop',
    ].flatMap((hook) =>
      ['httpGet', 'tcpSocket'].map((kind) => `containers.*.${hook}.${kind}.host`),
    ),
    allows: (value) => unset(value) || value === '',
  },
  {
    control: 'AppArmor',
    level: 'baseline',
    fields: [
      'securityContext.appArmorProfile.type',
      'containers.*.securityContext.appArmorProfile.type',
    ],
    allows: oneOf(undefined, 'RuntimeDefault', 'Localhost'),
  },
  {
    control: 'SELinux type',
    level: 'baseline',
    fields: [
      'securityContext.seLinuxOptions.type',
      'containers.*.securityContext.seLinuxOptions.type',
    ],
    allows: oneOf(
      undefined,
      '',
      'container_t',
      'container_init_t',
      'container_kvm_t',
      'container_engine_t',
    ),
  },
  {
    control: 'SELinux user and role',
    level: 'baseline',
    fields: [
      'securityContext.seLinuxOptions.user',
      'securityContext.seLinuxOptions.role',
      'containers.*.securityContext.seLinuxOptions.user',
      'containers.*.securityContext.seLinuxOptions.role',
    ],
    allows: oneOf(undefined, ''),
  },
  {
    control: '/proc mount type',
    level: 'baseline',
    fields: ['containers.*.securityContext.procMount'],
    allows: oneOf(undefined, 'Default'),
  },
  {
    control: 'Sysctls',
    level: 'baseline',
    fields: ['securityContext.sysctls.*.name'],
    allows: (value) => unset(value) || SAFE_SYSCTLS.includes(String(value)),
  },
  {
    // Stricter than, and therefore instead of, the baseline's "no hostPath".
    control: 'Volume types',
    level: 'restricted',
    fields: ['volumes.*'],
    allows: (volume) =>
      unset(volume) ||
      Object.keys(volume as object).every((key) => key === 'name' || VOLUME_TYPES.includes(key)),
  },
  {
    control: 'Privilege escalation',
    level: 'restricted',
    fields: ['containers.*.securityContext.allowPrivilegeEscalation'],
    allows: oneOf(false),
  },
  {
    control: 'Running as non-root',
    level: 'restricted',
    fields: ['containers.*.securityContext.runAsNonRoot'],
    inherits: 'securityContext.runAsNonRoot',
    allows: oneOf(true),
  },
  {
    control: 'Running as non-root user',
    level: 'restricted',
    fields: ['securityContext.runAsUser', 'containers.*.securityContext.runAsUser'],
    allows: (value) => unset(value) || (typeof value === 'number' && value > 0),
  },
  {
    control: 'Seccomp',
    level: 'restricted',
    fields: ['containers.*.securityContext.seccompProfile.type'],
    inherits: 'securityContext.seccompProfile.type',
    allows: oneOf('RuntimeDefault', 'Localhost'),
  },
  {
    control: 'Dropped capabilities',
    level: 'restricted',
    fields: ['containers.*.securityContext.capabilities.drop'],
    allows: (value) => Array.isArray(value) && value.includes('ALL'),
  },
  {
    control: 'Added capabilities',
    level: 'restricted',
    fields: ['containers.*.securityContext.capabilities.add'],
    allows: onlyFrom('NET_BIND_SERVICE'),
  },
];

const CONTAINER_LISTS = ['initContainers', 'containers', 'ephemeralContainers'] as const;

/** What in a pod spec breaks a control: `control: path = value`. */
export function violations(podSpec: Readonly<Record<string, unknown>>): string[] {
  return CONTROLS.flatMap(({ control, fields, inherits, allows }) => {
    const inherited = inherits === undefined ? undefined : read(podSpec, inherits)[0]?.value;
    return fields
      .flatMap(expandContainers)
      .flatMap((field) => read(podSpec, field))
      .filter(({ value }) => !allows(value ?? inherited))
      .map(({ path, value }) => `${control}: ${path} = ${JSON.stringify(value)}`);
  });
}

function expandContainers(field: string): string[] {
  if (!field.startsWith('containers.')) return [field];
  return CONTAINER_LISTS.map((list) => field.replace('containers', list));
}

/** Every value at a path, with the path it was found at; an absent list has none. */
function read(root: unknown, field: string): { path: string; value: unknown }[] {
  let found = [{ path: '', value: root }];
  for (const step of field.split('.')) {
    found = found.flatMap(({ path, value }) => {
      if (step !== '*') {
        const next = value instanceof Object ? Reflect.get(value, step) : undefined;
        return [{ path: path === '' ? step : `${path}.${step}`, value: next }];
      }
      const list: unknown[] = Array.isArray(value) ? value : [];
      return list.map((entry, index) => ({ path: `${path}.${index}`, value: entry }));
    });
  }
  return found;
}
