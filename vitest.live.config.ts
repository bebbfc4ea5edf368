import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** What looks back on the whole run comes last. */
class CoverageLast extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const isLast = ({ moduleId }: TestSpecification) => moduleId.endsWith('coverage.live.ts');
    const sorted = await super.sort(files);
    return [...sorted.filter((file) => !isLast(file)), ...sorted.filter(isLast)];
  }
}

/** The journeys against the lab machine: the real core over real SSH, no window. `npm run test:live` starts the machine. */
export default defineConfig({
  test: {
    include: ['e2e/live/**/*.live.ts'],
    pool: 'forks',
    // One machine with one set of disks.
    fileParallelism: false,
    maxWorkers: 1,
    sequence: { sequencer: CoverageLast },
    // Under software emulation a sudo'd tool takes seconds.
    testTimeout: 300_000,
    hookTimeout: 600_000,
    bail: 0,
    retry: 0,
  },
});
