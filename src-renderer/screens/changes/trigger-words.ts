import type { Trigger } from '../../../src-preload/contract/automations';
import type { ActionId, ActionInfo } from '../../../src-preload/contract/operations';

type Trouble = Extract<Trigger, { kind: 'trouble' }>;

/** Trouble that readings tell, as a person picks it. */
export const troubles: readonly {
  what: Trouble['what'];
  state: Trouble['state'];
  of: 'host' | 'cluster' | 'both';
  words: string;
}[] = [
  { what: 'reach', state: 'begun', of: 'both', words: 'it cannot be read' },
  { what: 'reach', state: 'ended', of: 'both', words: 'it is read again' },
  { what: 'health', state: 'begun', of: 'host', words: 'it has a critical problem' },
  { what: 'health', state: 'ended', of: 'host', words: 'it has no critical problem any more' },
  { what: 'node', state: 'begun', of: 'cluster', words: 'a node goes offline' },
  { what: 'node', state: 'ended', of: 'cluster', words: 'a node is online again' },
  { what: 'quorum', state: 'begun', of: 'cluster', words: 'it loses its quorum' },
  { what: 'quorum', state: 'ended', of: 'cluster', words: 'it has its quorum again' },
];

/** `pool:zfs:tank` as `pool tank`, `guest:110` as `guest 110`. */
export function objectWords(object: string): string {
  const [kind = '', ...rest] = object.split(':');
  return `${kind.replace('-', ' ')} ${kind === 'pool' && rest.length > 1 ? rest.slice(1).join(':') : rest.join(':')}`;
}

/** "When …", the rest of the sentence. */
export function triggerWords(
  trigger: Trigger,
  hostName: string,
  actions: ReadonlyMap<ActionId, Pick<ActionInfo, 'title'>>,
): string {
  switch (trigger.kind) {
    case 'operation':
      return trigger.action === null
        ? `any operation on ${hostName} ended well`
        : `“${actions.get(trigger.action)?.title ?? trigger.action}” on ${hostName} ended well`;
    case 'trouble': {
      const found = troubles.find(({ what, state }) => what === trigger.what && state === trigger.state);
      return `${hostName}: ${found?.words ?? trigger.what}`;
    }
    case 'contact':
      return `${hostName} is first read after Holdfast was started`;
    case 'state':
      return `${objectWords(trigger.object)} on ${hostName} ${
        trigger.to === null ? 'is found in another state' : `is found ${trigger.to}`
      }`;
  }
}
