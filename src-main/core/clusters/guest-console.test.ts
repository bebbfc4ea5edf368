import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AuditRow } from '../../../src-preload/contract/audit';
import type { OperationResult } from '../../../src-preload/contract/operations';
import type { AuditDraft } from '../audit/types';
import { endConsolesLeftOpen } from './left-open-consoles';
import { atlas, attic, startClusterCore, wordsOf, type ClusterCore } from '../testing/cluster-core';

let world: ClusterCore;
beforeEach(async () => {
  world = await startClusterCore();
  await world.refresh();
});
afterEach(() => world.close());

const proxy = { type: 'lxc', node: 'atlas-1', vmid: 200 };
const web2 = { type: 'qemu', node: 'atlas-2', vmid: 111 };

/** One console as the page has it: what was shown so far, and how it ended. */
class Screen {
  shown = '';
  ended: string | null = null;

  constructor(readonly sessionId: string) {}

  async until(pattern: RegExp): Promise<string> {
    while (!pattern.test(this.shown) && this.ended === null) await this.read();
    expect(this.shown).toMatch(pattern);
    return this.shown;
  }

  async read(): Promise<void> {
    const { text, ended } = await world.core.call('consoles:read', { sessionId: this.sessionId });
    this.shown += text;
    this.ended = ended;
  }

  async type(text: string): Promise<void> {
    this.shown = '';
    await world.core.call('consoles:write', { sessionId: this.sessionId, text });
  }

  async logIn(): Promise<void> {
    await this.until(/login: $/);
    await this.type('root\r');
    await this.until(/Password: $/);
    await this.type('tr0ub4dor\r');
    await this.until(/# $/);
  }
}

async function open(input: Record<string, unknown>): Promise<{ screen: Screen; result: OperationResult }> {
  const { result } = await world.done('pve.guest.console', input);
  return { screen: new Screen(result.operationId), result };
}

const everythingRecorded = async (): Promise<string> => JSON.stringify(await world.core.allRows(atlas));

describe('the console of a guest', () => {
  it('is planned, confirmed and opened, shows what the guest shows, and takes what is typed', async () => {
    const plan = await world.core.plan(atlas, 'pve.guest.console', proxy);
    expect(plan.steps.map(({ commandLine }) => commandLine)).toEqual([
      'POST /nodes/atlas-1/lxc/200/termproxy',
    ]);
    expect(wordsOf(plan)).toMatch(/Whatever is typed there is done there.*what is typed and shown is not/s);
    const { screen } = await open(proxy);
    expect(world.core.questions.at(-1)?.detail).toContain('termproxy');
    await screen.until(/Debian GNU\/Linux 13 proxy tty1\s+proxy login: $/);
    await screen.logIn();
    await screen.type('echo grüß Gott 👋\r');
    expect(await screen.until(/Gott 👋\r\n.*# $/s)).toContain('grüß');
    await world.core.call('consoles:resize', { sessionId: screen.sessionId, columns: 132, rows: 43 });
    await screen.type('stty size\r');
    await screen.until(/43 132\r\n/);
  });

  it('of a virtual machine is its serial port, and there is none without one', async () => {
    const { screen } = await open(web2);
    await screen.until(/web-2 ttyS0/);
    expect(await world.blocked('pve.guest.console', { type: 'qemu', node: 'atlas-1', vmid: 110 })).toContain(
      'It has no serial port, so it has no text console.',
    );
    expect(await world.blocked('pve.guest.console', { type: 'lxc', node: 'atlas-2', vmid: 203 })).toBe(
      'It does not run.',
    );
  });

  it('is in the audit with its beginning and its end, and nothing that was typed, shown or used as ticket', async () => {
    const { screen, result } = await open(proxy);
    await screen.logIn();
    await screen.type('echo secret-of-mine\r');
    await screen.until(/secret-of-mine\r\nroot/);
    await world.core.call('consoles:close', { sessionId: screen.sessionId });
    const rows = await world.core.rows(atlas, result.operationId);
    expect(rows.map(({ event, outcome }) => [event, outcome])).toEqual([
      ['started', null],
      ['finished', 'ok'],
      ['session', 'ok'],
    ]);
    expect(rows[0]?.commands).toBe('POST /nodes/atlas-1/lxc/200/termproxy');
    expect(rows[2]?.message).toMatch(
      /^The console ended\. It was closed\. \d+ characters were typed and \d+ were shown; what they were is not recorded\.$/,
    );
    expect(await everythingRecorded()).not.toMatch(/PVEVNC|tr0ub4dor|secret-of-mine|login:/);
    expect(JSON.stringify(result)).not.toContain('PVEVNC');
    expect((await world.core.call('audit:verify', { sourceId: atlas })).problems).toEqual([]);
    expect((await world.core.failure('consoles:read', { sessionId: screen.sessionId })).code).toBe(
      'not-found',
    );
  });

  it('lets its guest wait while nobody reads, and loses nothing of it', async () => {
    const { screen } = await open(proxy);
    await screen.logIn();
    await screen.type('seq 1 200000\r');
    // 1.5 MB are on their way, and only so much is taken until somebody reads.
    await new Promise((done) => setTimeout(done, 300));
    let longest = 0;
    let text = '';
    while (!text.endsWith('# ')) {
      const read = await world.core.call('consoles:read', { sessionId: screen.sessionId });
      longest = Math.max(longest, read.text.length);
      text += read.text;
    }
    expect(longest).toBeLessThanOrEqual(64 * 1024);
    const lines = text.split('\r\n').filter((line) => /^\d+$/.test(line));
    expect(lines).toHaveLength(200_000);
    expect(lines.at(-1)).toBe('200000');
  });

  it('ends with its guest, with read-only mode, and with Holdfast', async () => {
    const stopped = await open(proxy);
    await stopped.screen.until(/login: $/);
    await world.done('pve.guest.stop', proxy);
    while (stopped.screen.ended === null) await stopped.screen.read();
    expect(stopped.screen.ended).toBe('The guest or its node ended it.');

    const locked = await open(web2);
    await locked.screen.logIn();
    await world.core.call('settings:update', { readOnly: true });
    const failure = await world.core.failure('consoles:write', {
      sessionId: locked.screen.sessionId,
      text: 'reboot\r',
    });
    expect(failure).toMatchObject({ code: 'refused', message: 'Holdfast was switched to read-only.' });
    const rows = await world.core.rows(atlas, locked.result.operationId);
    expect(rows.at(-1)?.message).toContain('Holdfast was switched to read-only.');
  });

  it('is for administrators, and says which privilege the token lacks', async () => {
    const plan = await world.core.plan(attic, 'pve.guest.console', { type: 'lxc', node: 'attic', vmid: 301 });
    expect((await world.core.run(plan)).outcome).toBe('refused');
  });

  it('that was open when Holdfast was killed is said to have ended, at the next start, and once', async () => {
    const { result } = await open(proxy);
    const later = Date.now() + 60_000;
    const rows = (await world.core.rows(atlas, result.operationId)) as AuditRow[];
    // What the next start finds: the rows of a killed one, which end with `finished`.
    const audit = {
      list: async () => ({
        entries: (
          await world.core.call('audit:list', {
            sourceId: atlas,
            filter: { search: '', outcomes: ['ok'], action: 'pve.guest.console', fromMs: null, toMs: null },
            beforeSeq: null,
            limit: 50,
          })
        ).entries,
        nextBeforeSeq: null,
      }),
      read: () => rows,
      append: (_hostId: string, draft: AuditDraft) => {
        const row = { ...draft, seq: 99 } as unknown as AuditRow;
        rows.push(row);
        return row;
      },
    };
    expect(await endConsolesLeftOpen(audit, atlas, 0)).toBe(0);
    expect(await endConsolesLeftOpen(audit, atlas, later)).toBe(1);
    expect(rows.at(-1)).toMatchObject({ event: 'session', target: '200 proxy' });
    expect(await endConsolesLeftOpen(audit, atlas, later)).toBe(0);
  });

  it('is not opened when its ticket is not valid any more, and the audit says so', async () => {
    const model = world.model(atlas);
    const plan = await world.core.plan(atlas, 'pve.guest.console', proxy);
    const user = model.access.users.get('holdfast@pve');
    if (user === undefined) throw new Error('no user');
    // The token is taken away between the ticket and the web socket.
    const { get } = model.guests;
    model.guests.get = (vmid) => {
      user.enabled = false;
      return get.call(model.guests, vmid);
    };
    const result = await world.core.run(plan);
    expect(result.outcome).toBe('failed');
    expect(result.message).toContain(
      'The console could not be opened. The server did not open it: its ticket is not valid any more.',
    );
    const rows = await world.core.rows(atlas, result.operationId);
    expect(rows.map(({ event, outcome }) => [event, outcome])).toEqual([
      ['started', null],
      ['finished', 'failed'],
    ]);
  });
});
