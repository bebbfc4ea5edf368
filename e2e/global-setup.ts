import { ensureBuild } from '../scripts/lib/build.mjs';
import { hasDisplay, startXvfb } from '../scripts/lib/display.mjs';
import { resolveElectron } from '../scripts/lib/electron.mjs';

/** So that `npx playwright test <spec>` works by itself: a current build, an Electron, a display. */
export default async function globalSetup(): Promise<() => void> {
  await resolveElectron();
  await ensureBuild();
  if (hasDisplay()) return () => undefined;
  const display = await startXvfb();
  Object.assign(process.env, display.env);
  return () => display.stop();
}
