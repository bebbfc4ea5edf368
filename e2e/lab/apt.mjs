// What this machine's own apt knows. No package host is named anywhere: mirror, sources and the kernel
// version all come from the apt configuration of the machine we run on.
import { HOST_TOOLS, RELEASE } from './config.mjs';
import { LabError, capture, hasCommand, progress, runLogged } from './process.mjs';

const KERNEL_META_PACKAGE = 'linux-image-cloud-amd64';

/** apt's package indexes that come from Debian itself (a machine often has vendors' sources too). */
function debianIndexes() {
  const format = '$(ORIGIN)|$(LABEL)|$(REPO_URI)|$(RELEASE)|$(CODENAME)|$(COMPONENT)';
  const indexes = capture('apt-get', ['indextargets', '--format', format, 'Created-By: Packages'])
    .trim()
    .split('\n')
    .map((line) => {
      const [origin, label, uri, release, codename, component] = line.split('|');
      return { origin, label, uri, release, codename, component };
    })
    .filter((index) => index.origin === 'Debian');
  if (indexes.length === 0) {
    throw new LabError(
      'apt on this machine serves no Debian archive: build the lab on Debian 12 (or in its container)',
    );
  }
  return indexes;
}

/** Where debootstrap gets the base system, and which release. */
export function debianMirror() {
  const main = debianIndexes().find((index) => index.label === 'Debian' && index.release === index.codename);
  if (!main) throw new LabError('apt on this machine has no plain Debian release among its sources');
  return { uri: main.uri, codename: RELEASE ?? main.codename };
}

/** sources.list of the guest: the same places, with contrib added for ZFS. */
export function debianSources() {
  if (RELEASE !== null) return `deb ${debianMirror().uri} ${RELEASE} main contrib\n`;
  const lines = debianIndexes().map(({ uri, release }) => `deb ${uri} ${release} main contrib`);
  return `${[...new Set(lines)].sort().join('\n')}\n`;
}

/**
 * The kernel the cloud meta package depends on now, e.g. `6.1.0-56-cloud-amd64`; null when apt does not know.
 * @param base a tree whose apt is asked; left out: this machine's, which knows its own release only
 */
export function currentKernel(base) {
  if (base === undefined && (RELEASE !== null || !hasCommand('apt-cache'))) return null;
  const ask = ['apt-cache', 'depends', KERNEL_META_PACKAGE];
  const [command, ...words] = base === undefined ? ask : ['chroot', base, ...ask];
  const depends = capture(command, words, { stdio: ['ignore', 'pipe', 'ignore'] });
  return depends.match(/Depends: linux-image-(\d\S+)/)?.[1] ?? null;
}

export async function refreshHostApt() {
  await runLogged('apt-get', ['-q', 'update']);
}

function missingPackages() {
  return [
    ...new Set(
      Object.keys(HOST_TOOLS)
        .filter((tool) => !hasCommand(tool))
        .map((tool) => HOST_TOOLS[tool]),
    ),
  ];
}

/** Install what is missing when we may, else say the one line that does. */
export async function ensureHostTools() {
  const missing = missingPackages();
  if (missing.length === 0) return;
  const line = `apt-get install -y --no-install-recommends ${missing.join(' ')}`;
  if (process.getuid() !== 0 || !hasCommand('apt-get')) {
    throw new LabError(`the lab needs some packages; run this once:\n  sudo ${line}`);
  }
  progress(`installing ${missing.join(' ')}`);
  await refreshHostApt();
  await runLogged('apt-get', line.split(' ').slice(1));
}
