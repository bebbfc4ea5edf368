/**
 * The named formats of parameters: each says what is wrong with a value, or undefined. A name ending in `-list`
 * takes several values apart by comma, semicolon or space; formats that are not here take everything.
 */
type Format = (value: string) => string | undefined;

const matches =
  (pattern: RegExp, complaint: (value: string) => string): Format =>
  (value) =>
    pattern.test(value) ? undefined : complaint(value);

const ipv4 = /^(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.(?!$)|$)){4}$/;
const isIp = (value: string) => ipv4.test(value) || (value.includes(':') && /^[\da-f:.]+$/i.test(value));
const isCidr = (value: string) => {
  const [address = '', length = ''] = value.split('/');
  return isIp(address) && /^\d{1,3}$/.test(length) && Number(length) <= (address.includes(':') ? 128 : 32);
};

const hostName = /^[a-z\d](?:[a-z\d-]*[a-z\d])?$/i;
const day = '(?:mon|tue|wed|thu|fri|sat|sun)';
const days = new RegExp(`^${day}(?:\\.\\.${day})?(?:,${day}(?:\\.\\.${day})?)*$`);
const number = '(?:\\*(?:/\\d+)?|\\d+(?:\\.\\.\\d+)?(?:/\\d+)?)';
const numbers = `${number}(?:,${number})*`;
const timeOfDay = new RegExp(`^${numbers}(?::${numbers}){0,2}$`);
const dates = new RegExp(`^${numbers}(?:-${numbers}){1,2}$`);
const namedSchedules = [
  'minutely',
  'hourly',
  'daily',
  'monthly',
  'weekly',
  'yearly',
  'quarterly',
  'semiannually',
];

function calendarEvent(value: string): string | undefined {
  const known = value
    .trim()
    .split(/\s+/)
    .every(
      (word) => namedSchedules.includes(word) || days.test(word) || timeOfDay.test(word) || dates.test(word),
    );
  return known ? undefined : `invalid calendar event '${value}' - unable to parse calendar event\n`;
}

function ports(value: string): string | undefined {
  const wrong = value.split(',').find((item) => {
    if (/^[a-z][a-z\d-]*$/i.test(item)) return false;
    return !/^\d+(?::\d+)?$/.test(item) || item.split(':').some((port) => Number(port) > 65535);
  });
  return wrong === undefined ? undefined : `invalid port '${wrong}'`;
}

function firewallAddress(value: string): string | undefined {
  if (/^[a-z+][\w./-]*$/i.test(value)) return undefined;
  const wrong = value.split(',').find((item) => !isCidr(item) && !item.split('-').every(isIp));
  return wrong === undefined ? undefined : `invalid address '${wrong}'`;
}

const keepOptions = [
  'keep-all',
  'keep-last',
  'keep-hourly',
  'keep-daily',
  'keep-weekly',
  'keep-monthly',
  'keep-yearly',
];

function pruneOptions(value: string): string | undefined {
  for (const item of value.split(',')) {
    const [key = '', count] = item.split('=');
    if (count === undefined) return 'value without key, but schema does not define a default key';
    if (!keepOptions.includes(key)) {
      return `format error\n${key}: property is not defined in schema and the schema does not allow additional properties`;
    }
    if (!/^\d+$/.test(count)) return `format error\n${key}: type check ('integer') failed - got '${count}'`;
  }
  return undefined;
}

/** A drive or similar: one part without a key, its file. */
function drive(value: string): string | undefined {
  const seen = new Set<string>();
  for (const part of value.split(',')) {
    const key = part.includes('=') ? part.slice(0, part.indexOf('=')) : 'file';
    if (seen.has(key)) return `duplicate key in comma-separated list property: ${key}`;
    seen.add(key);
  }
  return seen.has('file') || seen.has('volume') ? undefined : 'missing file';
}

const formats: Readonly<Record<string, Format>> = {
  'pve-node': matches(hostName, (value) => `value '${value}' does not look like a valid node name`),
  'pve-vmid': matches(/^[1-9]\d{2,8}$/, () => 'value does not look like a valid VM ID'),
  'pve-configid': matches(/^[a-z][a-z\d_-]+$/i, (value) => `invalid configuration ID '${value}'`),
  'pve-storage-id': matches(
    /^[a-z][a-z\d\-_.]*[a-z\d]$/i,
    (value) => `storage ID '${value}' contains illegal characters`,
  ),
  'pve-userid': matches(
    /^[^\s:/]{1,}@[a-z][a-z\d.\-_]+$/i,
    (value) => `value '${value}' does not look like a valid user name`,
  ),
  'pve-realm': matches(/^[a-z][a-z\d.\-_]+$/i, () => 'value does not look like a valid realm'),
  'pve-poolid': matches(
    /^[\w.-]+(?:\/[\w.-]+){0,2}$/,
    (value) => `value '${value}' does not look like a valid pool name`,
  ),
  'pve-roleid': matches(/^[\w.-]+$/, (value) => `value '${value}' does not look like a valid role name`),
  'pve-iface': matches(/^[a-z][\w.:]{1,20}$/i, (value) => `invalid network interface name '${value}'`),
  'pve-volume-id': matches(/^[a-z][\w.-]*[a-z\d]:.+$/i, (value) => `unable to parse volume ID '${value}'`),
  'pve-tag': matches(/^[a-z\d_][a-z\d_\-+.]*$/i, (value) =>
    `invalid characters in tag`.concat(value === '' ? '' : ''),
  ),
  'pve-replication-job-id': matches(
    /^[1-9]\d{2,8}-\d{1,9}$/,
    (value) => `invalid replication job id '${value}'`,
  ),
  'pve-ha-resource-id': matches(
    /^[a-z]+:[\w:]+$/,
    (value) => `value '${value}' does not look like a valid ha resource id`,
  ),
  'pve-ha-resource-or-vm-id': matches(
    /^(?:[a-z]+:[\w:]+|[1-9]\d{2,8})$/,
    (value) => `value '${value}' does not look like a valid ha resource id`,
  ),
  'pve-ha-group-node': matches(
    /^[a-z\d][a-z\d-]*(?::\d+)?$/i,
    (value) => `value '${value}' does not look like a valid ha node priority`,
  ),
  'pve-sdn-zone-id': matches(
    /^[a-z][a-z\d]{1,7}$/i,
    (value) => `zone ID '${value}' contains illegal characters`,
  ),
  'pve-calendar-event': calendarEvent,
  'pve-fw-dport-spec': ports,
  'pve-fw-sport-spec': ports,
  'pve-fw-addr-spec': firewallAddress,
  'prune-backups': pruneOptions,
  'pve-qm-ide': drive,
  'dns-name': matches(
    /^(?:[a-z\d](?:[a-z\d-]*[a-z\d])?\.)*[a-z\d](?:[a-z\d-]*[a-z\d])?$/i,
    () => 'value does not look like a valid DNS name',
  ),
  'mac-addr': matches(
    /^[a-f\d][02468ace](?::[a-f\d]{2}){5}$/i,
    () => 'value does not look like a valid unicast MAC address',
  ),
  ip: (value) => (isIp(value) ? undefined : 'value does not look like a valid IP address'),
  ipv4: matches(ipv4, () => 'value does not look like a valid IPv4 address'),
  CIDR: (value) => (isCidr(value) ? undefined : 'value does not look like a valid CIDR network'),
  IPorCIDR: (value) =>
    isCidr(value) || isIp(value) ? undefined : 'value does not look like a valid IP address or CIDR network',
  IPorCIDRorAlias: (value) =>
    isCidr(value) || isIp(value) || /^[a-z][\w-]+$/i.test(value)
      ? undefined
      : 'value does not look like a valid IP address or CIDR network',
  'pve-task-status-type': matches(
    /^(?:ok|error|warning|unknown)$/i,
    (value) => `status '${value}' is not a valid task status type`,
  ),
};

/** Some list formats are not named after their items. */
const itemsOf: Readonly<Record<string, string>> = { 'pve-ha-node-list': 'pve-ha-group-node' };

function checkNamed(format: string, value: string): string | undefined {
  if (!format.endsWith('-list')) return formats[format]?.(value);
  const item = formats[itemsOf[format] ?? format.slice(0, -'-list'.length)];
  if (item === undefined) return undefined;
  for (const part of splitList(value)) {
    const complaint = item(part);
    if (complaint !== undefined) return complaint;
  }
  return undefined;
}

export function splitList(value: string): string[] {
  return value.split(/[,;\s]+/).filter((part) => part !== '');
}

export { checkNamed as checkFormat };
