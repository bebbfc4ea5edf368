import { describe, expect, it } from 'vitest';
import { capturedMsb } from '../../core/sandbox/microsandbox/testing/captured';
import { createMachine } from '../machine';
import { MsbModel } from './model';
import { microsandboxTools } from './raid-05';

/**
 * Holds the model to the truth: the commands captured with msb 0.7.2 are run against it, in the order in which they
 * were captured. Exit codes and messages are compared to the letter, but for clocks.
 */

const startMs = Date.parse('2026-11-23T01:07:22.898Z');

function lab() {
  const model = new MsbModel('/home/admin/.microsandbox', false);
  let now = startMs;
  const machine = createMachine({ user: 'admin', tools: microsandboxTools(model), nowMs: () => now });
  return {
    model,
    run: (words: readonly string[]) => {
      now += 1000;
      const line = words.map((word) => (/^[\w./:=-]+$/.test(word) ? word : `'${word}'`)).join(' ');
      return machine.run(`LC_ALL=C /usr/local/bin/${line}`);
    },
  };
}

const formOf = (text: string): string =>
  text
    .replace(/\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+\+00:00)?/g, 'TIME')
    .replace(/snap_[0-9a-f]{32}/g, 'SNAP')
    .replace(/sha256:[0-9a-f]{64}/g, 'DIGEST')
    .replace(/blake3:[0-9a-f]{64}/g, 'HASH');

function replay(run: ReturnType<typeof lab>['run'], name: string, words?: readonly string[]) {
  const { command, exitCode, stdout, stderr } = capturedMsb(name);
  const answer = run(words ?? command.trimEnd().split(' '));
  expect([answer.exitCode, formOf(answer.stdout), formOf(answer.stderr)], name).toEqual([
    exitCode,
    formOf(stdout),
    formOf(stderr),
  ]);
}

describe('the model of msb', () => {
  it('answers as msb 0.7.2 did, volume by volume', () => {
    const { run } = lab();
    for (const name of [
      ...['000-version', '005-ls-empty', '006-ls-empty-json', '007-ls-empty-q'],
      ...['010-create-dir', '011-create-dir-nameflag', '012-create-disk', '013-create-disk-q'],
      ...['020-dup', '021-dup-disk', '022-badname-lead', '023-badname-slash', '026-badname-dot'],
      ...['027-disk-nosize', '028-dir-size', '031-badkind', '032-badsize', '033-zerosize', '034-tiny'],
      ...['035-noname', '036-twonames', '037-size-plain', '038-size-lower', '039-size-gib'],
      ...['040-ls', '041-ls-json', '042-ls-q', '043-ls-badformat', '044-volumes-alias', '045-vols-alias'],
      ...['050-inspect-dir', '051-inspect-disk', '052-inspect-unknown'],
      ...['060-rm-unknown', '061-rm-one', '062-rm-mixed', '063-rm-q', '064-rm-none', '065-prune', '066-fs'],
      ...['067-longname', '072-ls', '073-ls-json', '075-inspect-unknown', '077-snapshot-ls'],
      ...['078-snapshot-ls-json', '079-context', '083-image-ls', '085-context-json'],
    ]) {
      replay(run, name);
    }
    replay(run, '024-badname-space', ['msb', 'volume', 'create', 'a b']);
    replay(run, '025-badname-empty', ['msb', 'volume', 'create', '']);
  });

  it('keeps a volume from being removed while a sandbox runs or is paused with it', () => {
    for (const [name, status, volume] of [
      ['120-rm-attached-running', 'Running', 'att'],
      ['121-rm-attached-disk-running', 'Running', 'docker-data'],
      ['123-rm-attached-paused', 'Paused', 'att'],
    ] as const) {
      const { run, model } = lab();
      run(['msb', 'volume', 'create', volume]);
      model.sandboxes.push({
        ...{ name: 'web2', image: './rootfs', status, createdAtMs: startMs, oci: false },
        mounts: [{ volume, guestPath: '/data', readOnly: false }],
      });
      replay(run, name);
      expect(model.folders.has(volume)).toBe(true);
    }
    const { run, model } = lab();
    run(['msb', 'volume', 'create', 'docker-data', '--kind', 'disk', '--size', '1G']);
    model.heldDisks.add('docker-data');
    replay(run, '125-rm-flocked-disk');
  });

  it('shows labels and quota, orphans and records without a directory as msb does', () => {
    const { run, model } = lab();
    model.addVolume(
      {
        ...{ name: 'labelled', kind: 'dir', quotaMib: 2048, capacityBytes: null, createdAtMs: startMs },
        labels: [
          ['env', 'prod'],
          ['team', 'data'],
        ],
      },
      { actualBytes: 4096, apparentBytes: 4096, changedAtMs: startMs },
    );
    replay(run, '100-inspect-labelled');
    model.addVolume(
      {
        name: 'min112M',
        kind: 'disk',
        quotaMib: null,
        capacityBytes: 112 * 1024 ** 2,
        labels: [],
        createdAtMs: startMs,
      },
      null,
    );
    replay(run, '180-inspect-missingdir');
    replay(run, '181-rm-missingdir');
    model.folders.set('orphan', { actualBytes: 4096, apparentBytes: 4096, changedAtMs: startMs });
    replay(run, '182-create-over-orphan');
    replay(run, '183-rm-orphan');
  });

  it('makes, drives and removes sandboxes as msb does where none boots', () => {
    const { run, model } = lab();
    const image = { reference: 'tiny:latest', digest: `sha256:${'a2'.repeat(32)}`, createdAtMs: startMs };
    model.images.push({ ...image, sizeBytes: 2048, layers: 1 });
    run(['msb', 'volume', 'create', 'cache']);
    run(['msb', 'volume', 'create', 'docker-data', '--kind', 'disk', '--size', '68M']);
    for (const name of [
      ...['240-sbx-create', '242-sbx-create-taken', '243-sbx-create-no-image', '244-sbx-create-disk-as-dir'],
      ...[
        '245-sbx-create-disk-size',
        '246-sbx-create-same-path',
        '247-sbx-create-small',
        '248-sbx-create-left',
      ],
      ...['249-sbx-create-relative', '250-sbx-start', '251-sbx-stop', '252-sbx-pause', '253-sbx-resume'],
      ...['254-sbx-exec-stopped', '255-sbx-exec-unknown', '256-sbx-start-unknown', '257-sbx-stop-unknown'],
      ...['258-sbx-pause-unknown', '259-sbx-exec-usage'],
    ]) {
      replay(run, name);
    }
    const [web] = model.sandboxes;
    for (const [name, status] of [
      ['260-sbx-rm-running', 'Running'],
      ['261-sbx-start-running', 'Running'],
      ['262-sbx-exec-gone', 'Running'],
      ['263-sbx-exec-paused', 'Paused'],
      ['264-sbx-start-paused', 'Paused'],
      ['268-sbx-stop-force', 'Running'],
    ] as const) {
      if (web !== undefined) web.status = status;
      replay(run, name);
    }
    run(['msb', 'volume', 'rm', 'cache']);
    replay(run, '267-sbx-start-no-volume');
    run(
      'msb create --pull never --name own --cpus 1 --memory 512M --root-disk 68M -- tiny:latest'.split(' '),
    );
    replay(run, '266-sbx-rm');
  });

  it('takes and removes snapshots as msb does', () => {
    const { run, model } = lab();
    model.sandboxes.push({
      ...{
        name: 'tiny1',
        image: 'tiny:latest',
        status: 'Stopped',
        createdAtMs: startMs,
        oci: true,
        mounts: [],
      },
    });
    model.sandboxes.push({
      ...{ name: 'web2', image: './rootfs', status: 'Stopped', createdAtMs: startMs, oci: false, mounts: [] },
    });
    replay(run, '147-snap-create', ['msb', 'snapshot', 'create', 'base1', '--from-sandbox', 'tiny1']);
    for (const name of [
      ...['149-snap-ls-json', '152-snap-dup', '153-snap-unknown-sbx', '154-snap-bind', '157-snap-rm'],
      ...['164-snap-rm', '166-snap-ls'],
    ]) {
      replay(run, name);
    }
  });

  it('inspects, verifies, saves and loads snapshots, selects heads and loads images as msb does', () => {
    const { run, model } = lab();
    const image = { reference: 'tiny:latest', digest: `sha256:${'a2'.repeat(32)}`, createdAtMs: startMs };
    const images = [{ ...image, sizeBytes: 2048, layers: 1 }];
    model.hasArchives = true;
    const file = { sizeBytes: 5632, changedAtMs: startMs };
    model.archives.set('tiny.tar', { ...file, snapshots: [], images });
    model.archives.set('junk.msb', { ...file, snapshots: [], images: [] });
    replay(run, '210-load-image', ['msb', 'load', '--input', `${model.archivesFolder}/tiny.tar`]);
    model.sandboxes.push({
      ...{
        name: 'web',
        image: 'tiny:latest',
        status: 'Stopped',
        createdAtMs: startMs,
        oci: true,
        mounts: [],
      },
    });
    for (const name of ['211-snap-create-integrity', '212-snap-create-child']) replay(run, name);
    for (const snapshot of model.snapshots) snapshot.sizeBytes = 68 * 1024 ** 2;
    for (const name of [
      ...['213-snap-ls-children', '214-snap-inspect', '215-snap-inspect-bare', '216-snap-verify'],
      ...['217-snap-verify-bare', '218-snap-head', '219-snap-head-select', '220-snap-head-unknown'],
      ...['221-snap-rm-parent', '222-snap-save', '223-snap-save-image', '224-snap-load'],
      ...['225-snap-load-again', '226-snap-load-junk', '227-snap-load-none', '228-load-image-junk'],
      ...['229-load-image-none', '230-snap-reindex'],
    ]) {
      replay(run, name);
    }
    for (const snapshot of model.snapshots) snapshot.damaged = 'changed';
    replay(run, '231-snap-verify-changed');
  });
});
