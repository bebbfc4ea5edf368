// The door of `npm run demo|start|test|...`: runs on Node 18 or newer, without any package installed.
const [major] = process.versions.node.split('.').map(Number);
if (major < 18) {
  console.error(
    `holdfast: Node ${process.versions.node} is too old to set up with; install Node 18 or newer.`,
  );
  process.exit(1);
}
const { commands } = await import('./lib/commands.mjs');
const { endOnInterrupt } = await import('./lib/process.mjs');
const { say, SetupError } = await import('./lib/say.mjs');

const [name, ...args] = process.argv.slice(2);
const command = Object.hasOwn(commands, name ?? '') ? commands[name] : undefined;
if (!command) {
  console.error(`usage: node scripts/run.mjs <${Object.keys(commands).join('|')}> [arguments]`);
  process.exit(2);
}
endOnInterrupt();
try {
  process.exitCode = await command(args);
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  say(error.message);
  process.exitCode = 1;
}
