import { randomUUID } from 'node:crypto';
import type { CoreHandlers } from '../../../src-preload/contract';
import type { Automation, Trigger } from '../../../src-preload/contract/automations';
import type { HostInventory } from '../../../src-preload/contract/inventory';
import type { OperationResult, Plan } from '../../../src-preload/contract/operations';
import { AppError, toAppError } from '../errors/app-error';
import type { StateMove } from '../history/state-changes';
import type { CoreLog } from '../log';
import type { OperationRoad } from '../operations/road';
import type { StagedChanges } from '../operations/staged/staged-changes';
import type { ChangeStore } from '../operations/staged/store';
import type { TroubleChange } from '../trouble/trouble-watch';
import type { AutomationInput, AutomationStore, StoredAutomation } from './store';

export interface AutomationsOptions {
  store: AutomationStore;
  changes: Pick<StagedChanges, 'stage'>;
  changeStore: Pick<ChangeStore, 'get' | 'waitingOf'>;
  road: Pick<OperationRoad, 'plan' | 'find' | 'takesMany' | 'dueIn'>;
  /** Of a host, as last read; null: never. */
  inventoryOf: (hostId: string) => Promise<HostInventory | null>;
  /** Of a host or cluster that is in the list; null: it is not. */
  nameOf: (hostId: string) => string | null;
  nowMs: () => number;
  log: CoreLog;
  notify: (title: string, body: string) => void;
  onChanged: () => void;
}

/** What a guest is asked for by, in inputs of actions on guests. */
interface GuestPlace {
  type: string;
  node: string;
  vmid: number;
}

function guestsOf(input: unknown): GuestPlace[] {
  if (typeof input !== 'object' || input === null) return [];
  if ('items' in input && Array.isArray(input.items)) return input.items.flatMap(guestsOf);
  const given = input as AutomationInput;
  const { type, node, vmid } = given;
  return typeof type === 'string' && typeof node === 'string' && typeof vmid === 'number'
    ? [{ type, node, vmid }]
    : [];
}

/** Names of snapshots are taken once each, so that of the rule is only the beginning: `before-change-261129-0214`. */
function freshName(action: string, input: AutomationInput, atMs: number): AutomationInput {
  const { name } = input;
  if (!action.endsWith('.snapshot.create') || typeof name !== 'string') return input;
  const stamp = new Date(atMs).toISOString().replaceAll(/[-:T]/g, '').slice(2, 12);
  return { ...input, name: `${name.slice(0, 24)}-${stamp.slice(0, 6)}-${stamp.slice(6)}` };
}

/**
 * Rules that stage a change when something happened. They plan by reading and stage what they planned: no rule sends
 * anything, applies anything or confirms anything (F193). What happens while Holdfast is closed is met by the next reading.
 */
export class Automations {
  /** One after another, so that a burst of events reads no host twice at the same time. */
  #work: Promise<void> = Promise.resolve();
  readonly #closing = new AbortController();
  /** Hosts and clusters that were read since the start. */
  readonly #contacted = new Set<string>();

  constructor(private readonly options: AutomationsOptions) {}

  operationEnded(plan: Plan, { outcome }: OperationResult): void {
    if (outcome !== 'ok' && outcome !== 'warning') return;
    const by = this.#stagedBy(plan);
    const guests = guestsOf(this.options.road.find(plan.id)?.prepared.rawInput);
    for (const rule of this.#waiting(plan.host.id, 'operation')) {
      if (rule.trigger.kind !== 'operation') continue;
      const { action } = rule.trigger;
      // What it staged itself does not set it off again.
      if ((action !== null && action !== plan.action) || by === rule.id) continue;
      this.#begin(rule, `after “${plan.title}: ${plan.target.name}” on ${plan.host.name}`, guests);
    }
  }

  troubleChanged({ subjectId, kind, state, title }: Omit<TroubleChange, 'isNew'>): void {
    for (const rule of this.#waiting(subjectId, 'trouble')) {
      const { trigger } = rule;
      if (trigger.kind === 'trouble' && trigger.what === kind && trigger.state === state) {
        this.#begin(rule, `because: ${title}`, []);
      }
    }
  }

  statesMoved(hostId: string, moves: readonly StateMove[]): void {
    if (moves.length === 0) return;
    for (const rule of this.#waiting(hostId, 'state')) {
      const { trigger } = rule;
      if (trigger.kind !== 'state') continue;
      const move = moves.find(
        ({ object, to }) => object === trigger.object && (trigger.to === null || trigger.to === to),
      );
      if (move === undefined) continue;
      const guest = /^guest:(\d+)$/.exec(move.object);
      this.#begin(
        rule,
        `because ${guest === null ? move.object : `guest ${guest[1] ?? ''}`} went from ${move.from ?? 'not there'} to ${move.to ?? 'not there'}`,
        [],
      );
    }
  }

  /** A host or cluster was read whole. */
  wasRead(hostId: string): void {
    if (this.#contacted.has(hostId)) return;
    this.#contacted.add(hostId);
    for (const rule of this.#waiting(hostId, 'contact')) {
      this.#begin(rule, 'at the first reading since Holdfast was started', []);
    }
  }

  /** Resolves when all that was begun so far has ended. */
  settled(): Promise<void> {
    return this.#work;
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#work;
  }

  get handlers() {
    const { store, changeStore, nameOf, nowMs, onChanged, road } = this.options;
    return {
      'automations:list': async () => ({ automations: store.list().map((rule) => this.#shown(rule)) }),
      'automations:create': async ({ changeId, name, trigger, sameGuests, allDue }) => {
        const { change, input } = changeStore.get(changeId);
        if (nameOf(trigger.hostId) === null || nameOf(change.hostId) === null) {
          throw new AppError('not-found', 'That host or cluster is no longer in the list.');
        }
        const guests = guestsOf(input);
        if (sameGuests && (trigger.kind !== 'operation' || trigger.hostId !== change.hostId)) {
          throw new AppError(
            'refused',
            'Only an operation on the same cluster tells which guests it was about.',
          );
        }
        if (sameGuests && (guests.length !== 1 || !road.takesMany(change.action))) {
          throw new AppError('refused', 'Only a change of one guest can be staged for other guests.');
        }
        if (allDue && (trigger.kind !== 'contact' || trigger.hostId !== change.hostId)) {
          throw new AppError('refused', 'Only the reading of the same host tells what is due there.');
        }
        if (allDue && road.dueIn(change.action) === undefined) {
          throw new AppError('refused', `No reading tells what “${change.title}” is due for.`);
        }
        const rule: StoredAutomation = {
          id: randomUUID(),
          name,
          enabled: true,
          trigger,
          hostId: change.hostId,
          hostName: change.hostName,
          environment: change.environment,
          action: change.action,
          title: change.title,
          target: change.target.name,
          input,
          sameGuests,
          allDue,
          createdAtMs: nowMs(),
          lastAtMs: null,
          lastMessage: null,
        };
        store.add(rule);
        onChanged();
        return { automation: this.#shown(rule) };
      },
      'automations:enable': async ({ automationId, enabled }) => {
        store.enable(automationId, enabled);
        onChanged();
        return {};
      },
      'automations:delete': async ({ automationId }) => {
        store.remove(automationId);
        onChanged();
        return {};
      },
    } satisfies Pick<
      CoreHandlers,
      'automations:list' | 'automations:create' | 'automations:enable' | 'automations:delete'
    >;
  }

  #shown({ input: _input, ...rule }: StoredAutomation): Automation {
    return { ...rule, triggerHostName: this.options.nameOf(rule.trigger.hostId) };
  }

  #stagedBy({ change }: Plan): string | null {
    if (change === undefined) return null;
    try {
      return this.options.changeStore.get(change.id).change.automationId;
    } catch (thrown) {
      // Cleared off the list meanwhile, or its row cannot be read.
      if (toAppError(thrown).code !== 'not-found') {
        this.options.log.write('error', 'Who staged a change could not be looked up', {
          changeId: change.id,
          error: thrown,
        });
      }
      return null;
    }
  }

  #waiting(hostId: string, kind: Trigger['kind']): StoredAutomation[] {
    if (this.#closing.signal.aborted) return [];
    try {
      return this.options.store.waitingFor(hostId, kind);
    } catch (thrown) {
      this.options.log.write('error', 'The automations could not be read', { hostId, error: thrown });
      return [];
    }
  }

  #begin(rule: StoredAutomation, why: string, guests: readonly GuestPlace[]): void {
    this.#work = this.#work.then(() => this.#stage(rule, why, guests));
  }

  /** Never throws: what came of it stands with the rule. */
  async #stage(rule: StoredAutomation, why: string, guests: readonly GuestPlace[]): Promise<void> {
    const { changeStore, changes, road, log, notify } = this.options;
    if (this.#closing.signal.aborted) return;
    let message: string;
    try {
      if (rule.sameGuests && guests.length === 0) return;
      if (changeStore.waitingOf(rule.id) > 0) {
        message = `It was due ${why}; what it staged before still waits, so nothing was staged.`;
      } else {
        const input = await this.#inputFor(rule, guests);
        if (input === null) {
          this.#tell(rule, `Nothing was due ${why}.`);
          return;
        }
        const plan = await road.plan(rule.hostId, rule.action, input, this.#closing.signal);
        const { id, title, hostName } = changes.stage(plan.id, `Staged ${why}.`, {
          automationId: rule.id,
          name: rule.name,
        });
        message = `It staged “${title}” ${why}.`;
        log.write('info', 'An automation staged a change', { automationId: rule.id, changeId: id });
        notify(`${hostName}: ${title} waits for you`, `${rule.name}: staged ${why}. Nothing was sent.`);
      }
    } catch (thrown) {
      const { message: told } = toAppError(thrown);
      message = `It was due ${why}, and nothing was staged: ${told}`;
      log.write('warn', 'An automation could not stage its change', {
        automationId: rule.id,
        error: thrown,
      });
    }
    this.#tell(rule, message);
  }

  #tell(rule: StoredAutomation, message: string): void {
    const { store, nowMs, log, onChanged } = this.options;
    try {
      store.told(rule.id, nowMs(), message);
      onChanged();
    } catch (thrown) {
      log.write('error', 'What an automation did could not be kept', {
        automationId: rule.id,
        error: thrown,
      });
    }
  }

  /** null: nothing is due. */
  async #inputFor(rule: StoredAutomation, guests: readonly GuestPlace[]): Promise<AutomationInput | null> {
    const { road, inventoryOf, nowMs } = this.options;
    if (rule.allDue) {
      const inventory = await inventoryOf(rule.hostId);
      return (inventory && road.dueIn(rule.action)?.(inventory)) ?? null;
    }
    const input = freshName(rule.action, rule.input, nowMs());
    if (!rule.sameGuests) return input;
    const items = guests.map((guest) => ({ ...input, ...guest }));
    const [only] = items;
    return items.length === 1 && only !== undefined ? only : { items, goOn: true };
  }
}
