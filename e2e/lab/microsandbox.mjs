// msb of microsandbox, which no Debian package brings: its npm package, pinned by the hash that npm's registry states.
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LabError, progress, runLogged } from './process.mjs';

const PACKAGE = '@superradcompany/microsandbox-linux-x64-gnu@0.7.2';
const SHA512 = '5gmMDYjyGXtx+13rWKeI0/f6x7ecDg6aMFVCupgr23IQODQLuGsbvn70LyXUrT0bOlYhle6i4uum2+AwVKTU8Q==';

/** Puts msb and its library into `folder`; the binding for Node, half of the package, is left out. */
export async function fetchMicrosandbox(folder) {
  progress(`fetching ${PACKAGE}`);
  const downloads = mkdtempSync(join(tmpdir(), 'holdfast-lab-msb-'));
  try {
    await runLogged('npm', ['pack', '--silent', '--pack-destination', downloads, PACKAGE]);
    const [archive = ''] = readdirSync(downloads);
    const found = createHash('sha512')
      .update(readFileSync(join(downloads, archive)))
      .digest('base64');
    if (found !== SHA512) throw new LabError(`${PACKAGE} is not what was pinned: sha512-${found}`);
    mkdirSync(folder, { recursive: true });
    const parts = ['package/bin', 'package/lib'];
    await runLogged('tar', [
      ...['-xzf', join(downloads, archive), '--no-same-owner', '--strip-components=1', '-C', folder],
      ...parts,
    ]);
    await runLogged('chmod', ['755', join(folder, 'bin/msb')]);
  } finally {
    rmSync(downloads, { recursive: true, force: true });
  }
}
