import { z } from 'zod';
import { apiPath } from '../../../proxmox/client/path';
import type { GuestStatus } from '../../../proxmox/read-guest';
import { changeCall } from '../../../proxmox/requests';
import type { ApiContext } from '../../action';
import {
  guestBlockers,
  guestForComparison,
  guestInput,
  guestInputShape,
  readGuest,
  targetOf,
  templateBlocker,
  type GuestInput,
} from './guest-reads';
import { bindChange, info, warning } from './single-change';

interface Found {
  status: GuestStatus | null;
  /** The first serial port of a virtual machine; null: it has none, or is a container, which needs none. */
  serial: string | null;
}

const input = z.strictObject(guestInputShape);
const configSchema = z.record(z.string(), z.unknown());

async function look(context: ApiContext, given: GuestInput): Promise<Found> {
  const status = await readGuest(context, given);
  if (status === null || given.type === 'lxc') return { status, serial: null };
  const { node, vmid } = given;
  const config = await context.get(
    'read the configuration of the guest',
    apiPath('/nodes/{node}/qemu/{vmid}/config', { node, vmid }),
    configSchema,
  );
  const serial = ['serial0', 'serial1', 'serial2', 'serial3'].find((key) => config[key] === 'socket');
  return { status, serial: serial ?? null };
}

/** F85: what is typed in it changes the guest, and can be neither foreseen nor undone. */
const open = bindChange<GuestInput, Found>({
  id: 'pve.guest.console',
  title: 'Open console of guest',
  onlyNow: 'A console is opened for the person who asks for it.',
  backend: null,
  minimumAccess: 'administer',
  risk: 'safe',
  input,
  offer: (subject) => {
    if (subject.kind !== 'guest') return null;
    const { guest } = subject;
    return {
      label: 'Console…',
      group: 'maintenance',
      excuse:
        guest.status === 'unknown'
          ? `Node ${guest.node} is down.`
          : guest.template
            ? 'It is a template.'
            : guest.status === 'running'
              ? null
              : 'It does not run.',
      input: { ...guestInput(guest) },
      fields: [],
    };
  },
  look,
  draft: (given, { status, serial }) => {
    const { type, node, vmid } = given;
    return {
      target: targetOf(given, status),
      title: `Open the console of ${vmid}`,
      call: changeCall(
        `POST /nodes/{node}/${type}/{vmid}/termproxy`,
        { node, vmid },
        serial === null ? {} : { serial },
      ),
      explain:
        'Gets a ticket for the text terminal of the guest, which is then opened with it over the same pinned connection.',
      follow: 'console',
      consequences: [
        warning(
          'Whatever is typed there is done there. It is not planned, and cannot be undone by Holdfast.',
        ),
        info(
          'That it was opened and that it ended is recorded; what is typed and shown is not. It ends when its window is closed, or Holdfast is.',
        ),
      ],
      blockers: [
        ...guestBlockers(given, status),
        ...templateBlocker(status),
        ...(status !== null && status.status !== 'running'
          ? [{ text: 'It does not run.', remedy: 'Start it first.' }]
          : []),
        ...(status !== null && type === 'qemu' && serial === null
          ? [
              {
                text: 'It has no serial port, so it has no text console.',
                remedy: `Give it one (qm set ${vmid} --serial0 socket) and a getty on ttyS0 inside. Its graphical console is opened in the web interface of Proxmox VE.`,
              },
            ]
          : []),
      ],
      undo: 'Close it.',
      restsOn: { guest: guestForComparison(status), serial },
    };
  },
  judge: () => ({
    status: 'skipped',
    text: 'It is open until its window is closed. What was typed in it is not recorded.',
  }),
});

export const consoleActions = { 'pve.guest.console': open } as const;
