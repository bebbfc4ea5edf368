import { create } from 'zustand';
import type { Plan } from '../../src-preload/contract/operations';
import { call } from '../api';
import { openGuest } from './clusters-store';
import { closePlan, usePlanStore } from './plan-store';

export interface ConsoleSession {
  /** The operation that opened it. */
  sessionId: string;
  clusterId: string;
  vmid: number;
}

interface ConsoleState {
  /** One at a time: the drawer of its guest shows it, and closing that ends it. */
  session: ConsoleSession | null;
}

export const useConsoleStore = create<ConsoleState>(() => ({ session: null }));

/** What is shown of it stays until another one is opened. */
export async function endConsole(session: ConsoleSession): Promise<void> {
  if (useConsoleStore.getState().session?.sessionId === session.sessionId) {
    useConsoleStore.setState({ session: null });
  }
  await call('consoles:close', { sessionId: session.sessionId });
}

const guestOf = (plan: Plan): number | null => {
  const found = /\/(\d+)\/termproxy$/.exec(plan.steps[0]?.kind === 'pve' ? plan.steps[0].path : '');
  return found === null ? null : Number(found[1]);
};

/** A console whose plan went well is shown in place of the plan. */
export function followConsoles(): () => void {
  return usePlanStore.subscribe(({ stage, plan, result }, before) => {
    if (stage !== 'done' || before.stage === 'done' || plan?.action !== 'pve.guest.console') return;
    const vmid = guestOf(plan);
    if (result?.outcome !== 'ok' || vmid === null) return;
    const { session } = useConsoleStore.getState();
    if (session !== null) void endConsole(session);
    useConsoleStore.setState({
      session: { sessionId: result.operationId, clusterId: plan.host.id, vmid },
    });
    openGuest(plan.host.id, { vmid });
    closePlan();
  });
}
