import type { HostProblem } from '../../../src-preload/contract/hosts';
import type { SandboxInventory } from '../../../src-preload/contract/sandbox';
import { isForeign } from './device-mapper/inventory';

/** What is wrong with the sandbox volumes of a host, for its health. What belongs to other tools is theirs to tell. */
export function sandboxProblems(sandbox: SandboxInventory | null): HostProblem[] {
  return (sandbox?.volumes ?? [])
    .filter((volume) => !isForeign(volume))
    .flatMap(({ name, problems }) =>
      problems.map((problem) => ({
        ...problem,
        text: `Sandbox volume ${name}: ${problem.text}`,
        poolId: null,
      })),
    );
}
