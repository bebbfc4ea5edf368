import { died } from './errors';
import { list, numberOr, optionalText, text, type Call, type Handlers } from './call';
import { guestOf, nameOf } from './guests';
import type { AgentProcess, Guest } from './types';

/** A virtual machine whose agent answers. */
function answeringGuest(call: Call): Guest {
  const guest = guestOf(call, 'qemu');
  if (!guest.running) throw died(`VM ${guest.vmid} is not running`);
  if (!String(guest.config['agent'] ?? '0').startsWith('1')) throw died('No QEMU guest agent configured');
  if (!guest.agentRunning) throw died('QEMU guest agent is not running');
  return guest;
}

const addressOf = (guest: Guest) => `192.0.2.${(guest.vmid % 200) + 20}`;
const macOf = (guest: Guest) =>
  /(?:[\dA-F]{2}:){5}[\dA-F]{2}/i.exec(String(guest.config['net0'] ?? ''))?.[0]?.toLowerCase() ?? '';

function interfaces(guest: Guest) {
  const address = (ip: string, prefix: number) => ({
    'ip-address': ip,
    'ip-address-type': ip.includes(':') ? 'ipv6' : 'ipv4',
    prefix,
  });
  return [
    {
      name: 'lo',
      'hardware-address': '00:00:00:00:00:00',
      'ip-addresses': [address('127.0.0.1', 8), address('::1', 128)],
    },
    { name: 'ens18', 'hardware-address': macOf(guest), 'ip-addresses': [address(addressOf(guest), 24)] },
  ];
}

const system = {
  id: 'debian',
  name: 'Debian GNU/Linux',
  'pretty-name': 'Debian GNU/Linux 13 (trixie)',
  version: '13 (trixie)',
  'version-id': '13',
  'kernel-release': '6.12.48+deb13-amd64',
  'kernel-version': '#1 SMP PREEMPT_DYNAMIC Debian 6.12.48-1',
  machine: 'x86_64',
};

const diskGb = 1024 ** 3;

function fileSystems(guest: Guest) {
  return [
    {
      name: 'sda1',
      mountpoint: '/',
      type: 'ext4',
      'total-bytes': 30 * diskGb,
      'used-bytes': (5 + (guest.vmid % 20)) * diskGb,
      disk: [],
    },
  ];
}

/** The few commands that a guest of the demo knows. */
function runInGuest(
  guest: Guest,
  [command = '', ...words]: readonly string[],
  input: string | undefined,
): Omit<AgentProcess, 'endsAtMs'> {
  const done = (stdout: string) => ({ exitCode: 0, stdout, stderr: '' });
  const tool = command.split('/').at(-1);
  switch (tool) {
    case 'hostname':
      return done(`${nameOf(guest)}\n`);
    case 'uname':
      return done(`Linux ${nameOf(guest)} ${system['kernel-release']} x86_64 GNU/Linux\n`);
    case 'uptime':
      return done(' 12:00:01 up 21 days,  4:10,  0 users,  load average: 0.12, 0.10, 0.09\n');
    case 'echo':
      return done(`${words.join(' ')}\n`);
    case 'cat': {
      const content = words.length === 0 ? (input ?? '') : guest.files.get(words[0] ?? '');
      if (content !== undefined) return done(content);
      return { exitCode: 1, stdout: '', stderr: `cat: ${words[0]}: No such file or directory\n` };
    }
    case 'true':
      return done('');
    case 'false':
      return { exitCode: 1, stdout: '', stderr: '' };
    default:
      throw died(
        `Agent error: Guest agent command failed, error was 'Failed to execute child process “${command}” (No such file or directory)'`,
      );
  }
}

function execute(call: Call) {
  const guest = answeringGuest(call);
  const result = runInGuest(guest, list(call, 'command'), optionalText(call, 'input-data'));
  const pid = 2000 + guest.agentProcesses.size;
  guest.agentProcesses.set(pid, {
    ...result,
    endsAtMs: call.cluster.nowMs() + 500 * call.cluster.tasks.speed,
  });
  return { pid };
}

function executionStatus(call: Call) {
  const guest = answeringGuest(call);
  const pid = numberOr(call, 'pid', 0);
  const process = guest.agentProcesses.get(pid);
  if (process === undefined) throw died(`Agent error: Invalid parameter 'pid'`);
  if (call.cluster.nowMs() < process.endsAtMs) return { exited: 0 };
  return {
    exited: 1,
    exitcode: process.exitCode,
    ...(process.stdout === '' ? {} : { 'out-data': process.stdout }),
    ...(process.stderr === '' ? {} : { 'err-data': process.stderr }),
  };
}

function readFile(call: Call) {
  const guest = answeringGuest(call);
  const path = text(call, 'file');
  const content = guest.files.get(path);
  if (content === undefined) {
    throw died(`Agent error: failed to open file '${path}' (mode: 'r'): No such file or directory`);
  }
  return { content, 'bytes-read': Buffer.byteLength(content) };
}

function writeFile(call: Call): null {
  const guest = answeringGuest(call);
  const content = text(call, 'content');
  const isEncoded = call.parameters['encode'] === 0;
  guest.files.set(text(call, 'file'), isEncoded ? Buffer.from(content, 'base64').toString() : content);
  return null;
}

const path = '/nodes/{node}/qemu/{vmid}/agent';
const wrapped = (read: (guest: Guest, call: Call) => unknown) => (call: Call) => ({
  result: read(answeringGuest(call), call),
});

export const agentHandlers: Handlers = {
  [`POST ${path}/ping`]: wrapped(() => ({})),
  [`GET ${path}/info`]: wrapped(() => ({ version: '9.2.0', supported_commands: [] })),
  [`GET ${path}/get-osinfo`]: wrapped(() => system),
  [`GET ${path}/get-host-name`]: wrapped((guest) => ({ 'host-name': nameOf(guest) })),
  [`GET ${path}/get-time`]: wrapped((_, call) => call.cluster.nowMs() * 1_000_000),
  [`GET ${path}/get-fsinfo`]: wrapped(fileSystems),
  [`GET ${path}/network-get-interfaces`]: wrapped(interfaces),
  [`POST ${path}/fstrim`]: wrapped(() => ({ paths: [] })),
  [`POST ${path}/exec`]: execute,
  [`GET ${path}/exec-status`]: executionStatus,
  [`GET ${path}/file-read`]: readFile,
  [`POST ${path}/file-write`]: writeFile,
  'GET /nodes/{node}/lxc/{vmid}/interfaces': (call) => {
    const guest = guestOf(call, 'lxc');
    if (!guest.running) throw died(`CT ${guest.vmid} not running`);
    return [
      { name: 'lo', hwaddr: '00:00:00:00:00:00', inet: '127.0.0.1/8' },
      { name: 'eth0', hwaddr: macOf(guest), inet: `${addressOf(guest)}/24` },
    ];
  },
};
